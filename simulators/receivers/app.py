"""Runs the receivers by HTTP and SMTP until SIGINT or SIGTERM: `python -m simulators.receivers.app`."""

import asyncio
from typing import Annotated

import typer

from shell.logs import set_up_logs
from shell.process import stop_on_signals
from simulators.receivers.channels import REPORT_KEY
from simulators.receivers.manner import Receiver
from simulators.receivers.smtp import serving_mail
from simulators.receivers.web import Reports, Web, serving

REPORT_SECONDS = 2.0  # As long as a telephone takes to say that it has a message.


async def run(port: int, mail_port: int, reports: str) -> None:
    """Serve until told to stop."""
    stop, mailbox = stop_on_signals(), Receiver("mail")
    web = Web(port, reports=Reports(reports, REPORT_KEY, REPORT_SECONDS), others=[mailbox])
    async with serving(web), serving_mail(mail_port, mailbox):
        await stop.wait()


def main(
    port: Annotated[int, typer.Option(help="Of the services by HTTP, and of the page that shows what came.")] = 8_110,
    mail_port: Annotated[int, typer.Option(help="Of the mail server.")] = 18_250,
    reports: Annotated[str, typer.Option(help="Where deliveries of text messages are reported; nowhere if left out.")] = "",
) -> None:
    """Receive whatever a server sends, and show it on a page of this machine."""
    set_up_logs("info")
    asyncio.run(run(port, mail_port, reports))


if __name__ == "__main__":
    typer.run(main)
