"""Each channel against a real server that speaks its service's words: taken, refused, too fast, silent, broken off, down."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from contract.errors import ConfigurationError
from scripts.servers import MOSQUITTO, Server
from server.channels.channel import Message, Outcome, Subject
from server.channels.opening import Opened, open_channels
from server.core.alert import Severity
from simulators.demo import free_port
from simulators.receivers.channels import SECRETS, channel_file
from simulators.receivers.manner import Manner, Receiver
from simulators.receivers.relay import serving_relay
from simulators.receivers.smtp import serving_mail
from simulators.receivers.web import Web, serving
from tests.needed import serve

A, D, F, R = Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.FAILED, Outcome.REFUSED
BY_HTTP = ("sms", "wecom", "dingtalk", "feishu", "webhook", "siren")
GOOD = dict.fromkeys(BY_HTTP, A) | {"siren": D}


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    """Give the receivers by HTTP."""
    async with serving(Web(free_port(18_300))) as running:
        yield running


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a real broker."""
    yield from serve(MOSQUITTO, tmp_path_factory.mktemp("broker"))


@pytest.fixture
async def channels(web: Web, tmp_path: Path) -> AsyncIterator[Mapping[str, Opened]]:
    """Give every channel, opened from its file."""
    opened = open_channels(channel_file(tmp_path, web.url), time.time)
    yield opened
    for one in opened.values():
        await one.channel.close()


def message(address: str = "13800000001", *, mode: str = "real", silent: bool = False) -> Message:
    """Write a message."""
    about = Subject(alert="a1", rule="one_key_press", severity=Severity.CRITICAL, mode=mode, t=0.0, rx=0.0)
    return Message(
        id="m" * 32,
        about=about,
        step=0,
        audience="station",
        recipient="duty/1",
        address=address,
        subject="一键报警",
        body="一级一键报警：第一小学",
        silent=silent,
    )


@pytest.mark.parametrize("name", BY_HTTP)
@pytest.mark.parametrize("manner", Manner)
async def test_what_a_service_says_is_understood(
    web: Web, channels: Mapping[str, Opened], name: str, manner: Manner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken is accepted, refused is for good, all else may come again; a lie is believed and found out by its report."""
    monkeypatch.setattr("server.channels.http.ANSWER_SECONDS", 0.3)
    web[name].manner = manner
    expected = {Manner.TAKE: GOOD[name], Manner.LIE: GOOD[name], Manner.REFUSE: R}.get(manner, F)
    if manner is Manner.NONSENSE and name in ("webhook", "siren"):
        expected = GOOD[name]  # Any 2xx of theirs is a yes.
    if manner is Manner.STALL:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await channels[name].channel.send(message())
        return

    receipt = await channels[name].channel.send(message())

    assert receipt.outcome is expected, receipt
    assert [one.to for one in web[name].got] in (["13800000001"], [""], ["relay"])
    if manner is Manner.HURRY and name in ("wecom", "dingtalk", "feishu"):
        assert receipt.retry_seconds == 60


@pytest.mark.parametrize("name", BY_HTTP)
async def test_service_that_is_down_is_tried_again(tmp_path: Path, name: str) -> None:
    """Nobody listens: it failed, and says nothing of the address."""
    nobody = channel_file(tmp_path, f"http://127.0.0.1:{free_port(18_900)}")

    receipt = await open_channels(nobody, time.time)[name].channel.send(message())

    assert (receipt.outcome, receipt.detail) == (F, "no connection")


@pytest.mark.parametrize("name", ["sms", "wecom", "dingtalk", "feishu", "webhook", "siren"])
async def test_wrong_key_is_refused_for_good(web: Web, tmp_path: Path, name: str) -> None:
    """The receivers check keys and signatures as the services do, and we understand their no."""
    path = channel_file(tmp_path, web.url)
    text = path.read_text()
    for secret in SECRETS:
        text = text.replace(secret, "x" * 20)
    path.write_text(text)

    receipt = await open_channels(path, time.time)[name].channel.send(message())

    assert receipt.outcome is R
    assert not web[name].got


@pytest.mark.parametrize(
    ("manner", "outcome"),
    [(Manner.TAKE, A), (Manner.LIE, A), (Manner.REFUSE, R), (Manner.HURRY, F), (Manner.BUSY, F), (Manner.BREAK, F)],
)
async def test_mail_is_told_by_what_the_server_says_to_the_recipient(
    web: Web, tmp_path: Path, manner: Manner, outcome: Outcome
) -> None:
    """5xx is for good, 4xx is not; a second copy bears the same Message-ID."""
    port, mailbox = free_port(18_700), Receiver("mail", manner)
    mail = open_channels(channel_file(tmp_path, web.url, port), time.time)["mail"].channel
    async with serving_mail(port, mailbox):
        receipts = [await mail.send(message("duty@example.org")) for _ in range(2)]

    assert [receipt.outcome for receipt in receipts] == [outcome] * 2
    assert {one.id for one in mailbox.got} <= {"", f"<{'m' * 32}@example.org>"}
    if manner is Manner.TAKE:
        assert mailbox.got[0].text.startswith("一键报警\n一级一键报警：第一小学")


async def test_mail_that_hangs_makes_its_channel_busy_and_no_more(web: Web, tmp_path: Path) -> None:
    """Four threads hang; the fifth mail is told at once that there is no room."""
    port, mailbox = free_port(18_750), Receiver("mail", Manner.STALL)
    mail = open_channels(channel_file(tmp_path, web.url, port), time.time)["mail"].channel
    async with serving_mail(port, mailbox):
        hanging = [asyncio.create_task(mail.send(message("duty@example.org"))) for _ in range(4)]
        await asyncio.sleep(0.3)

        fifth = await mail.send(message("duty@example.org"))

        assert (fifth.outcome, fifth.detail) == (F, "busy: earlier mails hang")
        for task in hanging:
            task.cancel()


@pytest.mark.parametrize(("manner", "outcome"), [(Manner.TAKE, D), (Manner.LIE, F)])
async def test_relay_by_mqtt_is_believed_by_its_own_answer(
    web: Web, tmp_path: Path, broker: Server, manner: Manner, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker's acknowledgement is not the siren's: a relay that does not answer does not sound."""
    monkeypatch.setattr("server.channels.siren.REPLY_SECONDS", 0.5)
    path = channel_file(tmp_path, web.url, broker=f"mqtt://127.0.0.1:{broker.port}")
    relay = open_channels(path, time.time)["relay"].channel
    async with serving_relay("127.0.0.1", broker.port, Receiver("relay", manner)) as receiver:
        receipt = await relay.send(message())

    assert receipt.outcome is outcome
    assert [one.text for one in receiver.got] == [f"on {'m' * 32}"]


async def test_relay_without_a_broker_failed(tmp_path: Path, web: Web) -> None:
    """It is tried again."""
    path = channel_file(tmp_path, web.url, broker=f"mqtt://127.0.0.1:{free_port(18_950)}")

    receipt = await open_channels(path, time.time)["relay"].channel.send(message())

    assert receipt.outcome is F


@pytest.mark.parametrize(("name", "silent", "mode"), [("school-siren", True, "real"), ("siren", False, "drill")])
async def test_siren_is_silent_under_duress_at_the_school_and_for_rehearsals(
    web: Web, channels: Mapping[str, Opened], name: str, mode: str, *, silent: bool
) -> None:
    """Nothing goes to the relay at all."""
    receipt = await channels[name].channel.send(message(mode=mode, silent=silent))

    assert receipt.outcome is R
    assert not web["siren"].got


async def test_siren_of_the_station_sounds_under_duress(web: Web, channels: Mapping[str, Opened]) -> None:
    """The police must hear it."""
    assert (await channels["siren"].channel.send(message(silent=True))).outcome is D
    assert len(web["siren"].got) == 1


async def test_apprise_carries_what_has_no_channel_of_its_own(web: Web, channels: Mapping[str, Opened]) -> None:
    """Its word is taken for yes or no; the webhook's receiver refuses what we did not sign."""
    receipt = await channels["anything"].channel.send(message())

    assert receipt.outcome is F
    assert not web["webhook"].got


async def test_file_that_others_may_read_is_refused(tmp_path: Path, web: Web) -> None:
    """Secrets are the server's alone."""
    path = channel_file(tmp_path, web.url)
    path.chmod(0o640)

    with pytest.raises(ConfigurationError, match="chmod 600"):
        open_channels(path, time.time)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[sms]\nkind = "smoke"', "kind; allowed"),
        ('[Sms]\nkind = "sms"', "allowed: up to 32"),
        ('[sms]\nkind = "wecom"', "key"),
        ('[w]\nkind = "webhook"\nurl = "ftp://x"\nsecret = "0123456789abcdef"', "http:// or https://"),
        ('[w]\nkind = "webhook"\nurl = "https://x"\nsecret = "short-secret"', "at least 16"),
        ('[w]\nkind = "wecom"\nkey = "the-secret-key"\nkeey = 1', "keey"),
        ('[w]\nkey = "the-secret-key', "is not TOML"),
        ('[a]\nkind = "apprise"\nurl = "nothing://the-secret-key"', "none that Apprise knows"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_without_its_values(tmp_path: Path, text: str, words: str) -> None:
    """Which channel, which option, what is allowed; never what stands there."""
    path = tmp_path / "channels.toml"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(ConfigurationError, match=words) as refused:
        open_channels(path, time.time)

    assert "secret-key" not in str(refused.value)
    assert "short-secret" not in str(refused.value)


def test_gateways_own_form_of_reports_is_read(tmp_path: Path) -> None:
    """One row or several, under the names that the options give; what is none of it is left out."""
    reports = open_channels(channel_file(tmp_path, "http://127.0.0.1:1"), time.time)["sms"].reports
    assert reports is not None
    rows = [{"msgid": 7, "status": "DELIVRD"}, {"msgid": "8", "status": "UNDELIV"}, {"other": 1}]

    assert reports({"reports": rows}) == [
        {"reference": "7", "state": "delivered", "detail": ""},
        {"reference": "8", "state": "failed", "detail": "status UNDELIV"},
    ]
    assert reports({"reports": rows[0]}) == reports({"reports": rows[:1]})
    assert reports("nonsense") == []
    assert msgspec.json.encode(reports({})) == b"[]"
