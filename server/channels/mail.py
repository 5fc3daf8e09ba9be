"""Mail by SMTP. What the server says to the recipient decides: 5xx is refused, 4xx may come again, 250 is accepted.

`Message-ID` is made of the idempotency key, so that mailboxes show a second copy once.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal

from server.channels.channel import Channel, Message, Outcome, Receipt
from server.channels.kind import ChannelKind, Clock, Options
from server.channels.threads import AllBusyError, Threads

SECONDS = 6.0  # For each word of the conversation; the try as a whole ends earlier still.
PERMANENT = 500  # SMTP's codes from here on will not change by waiting.


class MailOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server and who writes."""

    host: str
    sender: str
    port: int = 465
    security: Literal["tls", "starttls", "none"] = "tls"
    user: str = ""
    password: str = ""
    ca_file: str = ""


class Mail:
    """One mail server."""

    kind = "mail"
    report_seconds = None

    def __init__(self, name: str, options: MailOptions, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._threads = Threads(name)

    async def send(self, message: Message) -> Receipt:
        """Hand the mail to the server."""
        if "@" not in message.address:
            return Receipt(Outcome.REFUSED, self._clock(), detail="no mailbox")
        mail = self._written(message)
        try:
            await self._threads.run(lambda: self._deliver(mail))
        except AllBusyError:
            return Receipt(Outcome.FAILED, self._clock(), detail="busy: earlier mails hang")
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            return self._refused(min(codes, default=PERMANENT))
        except smtplib.SMTPResponseException as error:
            return self._refused(error.smtp_code)
        except (smtplib.SMTPException, OSError) as error:
            return Receipt(Outcome.FAILED, self._clock(), detail=type(error).__name__)
        return Receipt(Outcome.ACCEPTED, self._clock(), reference=str(mail["Message-ID"]))

    async def close(self) -> None:
        """Let go of nothing: each mail has a connection of its own."""

    def _refused(self, code: int) -> Receipt:
        outcome = Outcome.REFUSED if code >= PERMANENT else Outcome.FAILED
        return Receipt(outcome, self._clock(), detail=f"SMTP {code}")

    def _written(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._options.sender
        mail["To"] = message.address
        mail["Subject"] = message.subject.replace("\n", " ")
        mail["Date"] = formatdate(self._clock())
        mail["Message-ID"] = f"<{message.id}@{self._options.sender.rpartition('@')[2].rstrip('>') or 'localhost'}>"
        if message.about.severity <= 2 and message.about.mode == "real":  # noqa: PLR2004  # Danger to life, and urgent.
            mail["X-Priority"] = "1"
        mail.set_content(message.body)
        return mail

    def _deliver(self, mail: EmailMessage) -> None:
        options = self._options
        trusted = ssl.create_default_context(cafile=options.ca_file or None)
        if options.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(options.host, options.port, timeout=SECONDS, context=trusted)
        else:
            server = smtplib.SMTP(options.host, options.port, timeout=SECONDS)
        with server:
            if options.security == "starttls":
                server.starttls(context=trusted)
            if options.user:
                server.login(options.user, options.password)
            server.send_message(mail)


def _open(name: str, options: MailOptions, clock: Clock) -> Channel:
    return Mail(name, options, clock)


KIND = ChannelKind("mail", "邮件", "Mail", MailOptions, _open)
