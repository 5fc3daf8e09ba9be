"""The simulator's command line."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import httpx
import typer

from server.registry.roster_file import encode_roster
from shell.logs import set_up_logs
from shell.process import one_sentence, stop_on_signals
from simulators.behaviour import CAMERAS_OFF
from simulators.boxes import Uplinks, descriptors_each, open_boxes, parse_broker, prepare_folder
from simulators.city import CAMERAS_TODAY, make_city
from simulators.descriptors import needed, raise_limit
from simulators.fleet import Pace
from simulators.presses import PRESSES_PER_MINUTE
from simulators.running import Plan, open_city, run_city, run_on_fastest_loop, usual_spread
from simulators.stories import STORIES
from simulators.story import Play, Stage
from simulators.world.app import play
from simulators.year_app import play_year

FAILED = 1  # What a shell script sees of a simulator that could not do as told.
SITES_MAX = 30_000  # A province; past it the ranges of codes and towns would end.
PAGE_PORT = 8_091  # Beside a real gateway's own page, which is 8090.
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
def city(  # noqa: PLR0913, PLR0917  # One argument for each option of the command line.
    broker: Annotated[list[str], typer.Option(help="mqtt://host:port; may be given several times.")],
    http: Annotated[str, typer.Option(help="The server's address, for the HTTPS way; none if left out.")] = "",
    folder: Annotated[Path, typer.Option(help="Where the gateways keep their outboxes.")] = Path("var/gateways"),
    roster: Annotated[Path | None, typer.Option(help="The city's roster; made and written there if missing.")] = None,
    sites: Sites = 200,
    seed: Seed = 1,
    cameras: Cameras = CAMERAS_TODAY,
    page_port: PagePort = PAGE_PORT,
    press_rate: Annotated[
        float, typer.Option(min=0.0, help="Real presses each minute in the whole city; a real city has one in three hours.")
    ] = PRESSES_PER_MINUTE,
    cameras_off: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of cameras that are off; in a real city 0.03 to 0.05.")
    ] = CAMERAS_OFF,
    speed: Annotated[float, typer.Option(min=0.1, max=1_000.0, help="Factor on faults and power cuts.")] = 1.0,
    spread: Annotated[
        float | None, typer.Option(min=0.0, help="Seconds over which the gateways start; 64 a second if left out.")
    ] = None,
) -> None:
    """Run a gateway for every school until SIGINT or SIGTERM."""
    set_up_logs("info")

    with one_sentence(FAILED):
        uplinks = Uplinks(tuple(parse_broker(one) for one in broker), http, seed)
        prepare_folder(folder)
        whole = open_city(Plan(sites, seed, roster, cameras), datetime.now(BEIJING).date())
        count = len(whole.roster.gateways)
        raise_limit(needed(count, descriptors_each(uplinks)))
        pace = Pace(press_rate, speed, usual_spread(count) if spread is None else spread, cameras_off=cameras_off)

        async def run() -> None:
            await run_city(whole, lambda: open_boxes(folder, uplinks), pace, page_port, stop_on_signals())

        run_on_fastest_loop(run())


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


main.command("world")(play)
main.command("year")(play_year)


def _on_stage(page_port: int, play: Play, pace: float = 1.0) -> None:
    """Run something against the running simulator."""

    async def run() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{page_port}") as page:
            await play(Stage(page, typer.echo, pace))

    with one_sentence(FAILED):
        asyncio.run(run())


if __name__ == "__main__":
    main()
