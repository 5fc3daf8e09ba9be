"""CAP 1.2 by HTTPS to an emergency or police platform, which answers with an Ack or an Error of its own.

What answers another message than ours answers nothing. An empty success says that the door has it, and no more.
"""

from server.channels.cap_message import NotCapError, read, reference, status_of, write
from server.channels.channel import Channel, Earlier, Message, Outcome, Receipt
from server.channels.http import Answer, Caller
from server.channels.kind import ChannelKind, Clock, Options
from server.police.lifecycle import PoliceState, digest_of

KEPT_LETTERS = 60  # Of a note that is shown as the reason.


class CapOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to, who we are there, and how far around a school its circle reaches."""

    url: str
    sender: str  # Such as anxiao@qinzhou.example; the other side must know it.
    header: str = ""  # The `Authorization` that the other side wants.
    radius_km: float = 0.3
    proxy: str = ""
    ca_file: str = ""
    report_seconds: float | None = None

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("url: http:// or https://")
        if not self.sender or any(letter in " ,<&\t\n" for letter in self.sender):
            raise ValueError("sender: without spaces, commas, < and &")
        if not 0 < self.radius_km <= 100:  # noqa: PLR2004  # As the words say.
            raise ValueError("radius_km: above 0 and up to 100")


class Cap:
    """One platform."""

    kind = "cap"

    def __init__(self, name: str, options: CapOptions, clock: Clock) -> None:
        self.name = name
        self.report_seconds = options.report_seconds
        self._options = options
        self._clock = clock
        self._caller = Caller(options.proxy, options.ca_file)

    async def send(self, message: Message) -> Receipt:
        """Post the message, and read what answers it."""
        options = self._options
        headers = {"Content-Type": "application/cap+xml; charset=utf-8", "Accept": "application/cap+xml"}
        if options.header:
            headers["Authorization"] = options.header
        answer = await self._caller.post(options.url, write(message, options.sender, options.radius_km), headers)
        return self._receipt(answer, message)

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()

    def _receipt(self, answer: Answer, message: Message) -> Receipt:
        now = self._clock()
        if answer.body.strip() and (answer.good or not answer.may_come_again):
            try:
                told = read(answer.body)
            except NotCapError as error:
                if answer.good:  # A page to log in at, or whatever else says 200: nobody has taken it.
                    return Receipt(Outcome.FAILED, now, detail=f"the answer is {error}")
            else:
                if reference(self._options.sender, Earlier(message.id, message.made)) not in told.references:
                    return Receipt(Outcome.FAILED, now, detail="the answer is for another message")
                digest = digest_of(answer.body)
                if told.kind == "Error":
                    detail = f"Error: {told.note[:KEPT_LETTERS]}"
                    return Receipt(Outcome.REFUSED, now, told.identifier, detail, police=PoliceState.REJECTED, digest=digest)
                wrong = told.status != status_of(message.about)
                detail = f"Ack as {told.status[:KEPT_LETTERS]}" if wrong else "Ack"
                return Receipt(Outcome.ACCEPTED, now, told.identifier, detail, police=PoliceState.ACCEPTED, digest=digest)
        if not answer.good:
            outcome = Outcome.FAILED if answer.may_come_again else Outcome.REFUSED
            return Receipt(outcome, now, detail=answer.said, retry_seconds=answer.retry_seconds)
        return Receipt(Outcome.ACCEPTED, now, message.id, police=PoliceState.SENT, digest=digest_of(answer.body))


def _open(name: str, options: CapOptions, clock: Clock) -> Channel:
    return Cap(name, options, clock)


KIND = ChannelKind("cap", "应急平台（CAP 1.2）", "Emergency platform (CAP 1.2)", CapOptions, _open, police=True)
