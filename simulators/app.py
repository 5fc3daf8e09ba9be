"""The simulator's command line."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from simulators.city import CAMERAS_TODAY, make_city
from simulators.roster import encode_roster

SITES_MAX = 30_000  # A province; past it the code ranges of the schools would end.
BEIJING = ZoneInfo("Asia/Shanghai")

main = typer.Typer(no_args_is_help=True, add_completion=False, help="Simulated schools for Anxiao.")


@main.callback()
def _callback() -> None:
    """Keep the sub-commands' names, even while there is only one of them."""


@main.command()
def roster(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    sites: Annotated[int, typer.Option(min=1, max=SITES_MAX, help="How many schools.")] = 200,
    seed: Annotated[int, typer.Option(help="Another seed is another city.")] = 1,
    cameras: Annotated[
        float, typer.Option(help="Scale of the cameras; 1.0 is 150,000 devices at 3,200 schools.")
    ] = CAMERAS_TODAY,
) -> None:
    """Write a city's roster as JSON that `anxiao-server` can import."""
    city = make_city(sites, seed, datetime.now(BEIJING).date(), cameras)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(encode_roster(city.roster))
    typer.echo(f"{len(city.roster.schools)} schools, {len(city.roster.devices)} devices: {out}")


if __name__ == "__main__":
    main()
