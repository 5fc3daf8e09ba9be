"""The simulator's command line."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import httpx
import typer

from contract.errors import Unreachable
from server.registry.roster_file import encode_roster
from simulators.city import CAMERAS_TODAY, make_city
from simulators.stories import STORIES
from simulators.story import Play, Stage

SITES_MAX = 30_000  # A province; past it the ranges of codes and towns would end.
PAGE_PORT = 8_090
BEIJING = ZoneInfo("Asia/Shanghai")

main = typer.Typer(no_args_is_help=True, add_completion=False, help="Simulated schools for Anxiao.")

Sites = Annotated[int, typer.Option(min=1, max=SITES_MAX, help="How many schools.")]
Seed = Annotated[int, typer.Option(help="Another seed is another city.")]
Cameras = Annotated[
    float, typer.Option(min=0.05, max=2.0, help="Scale of the cameras; 1.0 is 150,000 devices at 3,200 schools.")
]
PagePort = Annotated[int, typer.Option(help="Port of the simulator's page on this machine.")]


@main.command()
def roster(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    sites: Sites = 200,
    seed: Seed = 1,
    cameras: Cameras = CAMERAS_TODAY,
) -> None:
    """Write a city's roster as JSON that `anxiao-server` can import."""
    city = make_city(sites, seed, datetime.now(BEIJING).date(), cameras)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(encode_roster(city.roster))
    typer.echo(f"{len(city.roster.schools)} schools, {len(city.roster.devices)} devices: {out}")


@main.command()
def press(
    school: Annotated[str, typer.Argument(help="School code, name or gateway; any running school if left out.")] = "",
    device: Annotated[str, typer.Option(help="The button; the first one if left out.")] = "",
    mode: Annotated[str, typer.Option(help="real, test or drill: what the button claims.")] = "real",
    page_port: PagePort = PAGE_PORT,
) -> None:
    """Press a button of the running city."""

    async def ask(stage: Stage) -> None:
        await stage.press(school, device, mode=mode)

    _on_stage(page_port, ask)


@main.command()
def story(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(STORIES)}.")],
    page_port: PagePort = PAGE_PORT,
    pace: Annotated[float, typer.Option(min=0.0, max=10.0, help="Factor on the story's pauses.")] = 1.0,
) -> None:
    """Play a story in the running city, and say what must be seen."""
    chosen = STORIES.get(name)
    if chosen is None:
        raise typer.BadParameter(f"no story {name!r}; allowed: {', '.join(STORIES)}")
    typer.echo(f"{chosen.label} / {chosen.label_en}\n{chosen.expected}\n{chosen.expected_en}\n")
    _on_stage(page_port, chosen.play, pace)


def _on_stage(page_port: int, play: Play, pace: float = 1.0) -> None:
    """Run something against the running simulator; trouble ends in one sentence."""

    async def run() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{page_port}") as page:
            await play(Stage(page, typer.echo, pace))

    try:
        asyncio.run(run())
    except Unreachable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    main()
