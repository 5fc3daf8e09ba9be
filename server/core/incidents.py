"""Presses and other signals of the alarm lane become alerts here: each is told once, none is ever dropped or closed."""

from dataclasses import replace

from contract.identity import DeviceId, GatewayId
from contract.mode import Mode
from server.core.alert import Alert, Attached, Flow, State
from server.core.book import Book, Subject, subject_of
from server.core.effects import Effect, IdTaken
from server.core.events import AuditJudged, DeviceAlerted, PressArrived, PressCleared, PressStored, Unreadable
from server.core.fact import Fact, What
from server.core.fleet import Fleet
from server.core.lifecycle import RECOVERED, happens
from server.core.rule import Finding, Rule, Signal, View
from server.core.rules import audit_failed, device_alert, one_key_press, test_press, unreadable_alarm
from server.core.windows import REAL, Ruling, Windows

REPAIRED_SECONDS = 86_400.0  # A press found by a heartbeat is believed to be no older than this.
LATE_SECONDS = 300.0  # A press older than this when it reaches us still rings, and is marked late (迟到).
CONFIRM_SECONDS = 120.0  # A second signal of the same school within this confirms the first, as hold-up alarms are judged.
CLEARS_KEPT_MAX = 1_000  # Clears that came before their press; beyond it the oldest is dropped, which closes nothing either.
AGAIN_SECONDS = 60.0  # A gateway that sends rubbish all day makes one entry a minute, not one a message.
CONFIRMING_CODES = frozenset({"tamper"})  # Beside every incident, what else confirms one.


class Incidents:
    """Turns signals into alerts. Everything is known by the signal's own id: told again, it changes nothing."""

    def __init__(self, book: Book, windows: Windows, fleet: Fleet) -> None:
        self._book = book
        self._windows = windows
        self._fleet = fleet
        self._early_clears: dict[tuple[str, str], PressCleared] = {}

    def press(self, event: PressArrived, now: float) -> list[Effect]:
        """Ring for a press: a new incident, or one more press of the one that is open."""
        name = self._book.name(event.id, event.gateway)
        if self._book.knows(name):
            return self._stored(name, now) if event.stored else []
        ruling = self._ruling(event, event.quality)
        mode = ruling.mode
        rule = test_press.RULE if mode is Mode.TEST else one_key_press.RULE
        finding = rule.evaluate(self._view(event.gateway, event.device, event, ruling), now)
        assert finding is not None
        at = _pressed_at(event)
        late = event.rx - at > LATE_SECONDS
        row = Attached(name, event.device, at, event.rx, event.press, event.stored, late, repaired=event.repaired)
        row = replace(row, stored_at=now if event.stored else None)
        effects = self._ring(rule, finding, mode, event.gateway, row, now)
        effects += self._taken(event, name)
        early = self._early_clears.pop((event.gateway, event.id), None)
        return effects + self.clear(early, now) if early else effects

    def device_alert(self, event: DeviceAlerted, now: float) -> list[Effect]:
        """Tell what a device reports; its "over" ends a fault, and is only noted for an incident."""
        name = self._book.name(event.id, event.gateway)
        if self._book.knows(_signal(name, event)):
            return self._stored(name, now) if event.stored else []
        ruling = self._ruling(event, quality=1)
        mode = ruling.mode
        finding = device_alert.RULE.evaluate(self._view(event.gateway, event.device, event, ruling), now)
        if finding is None:
            return self._over(event, name, mode, now)
        late = event.rx - event.t > LATE_SECONDS
        row = Attached(name, event.device, event.t, event.rx, event.code, event.stored, late)
        alert = self._open_alert(device_alert.RULE, finding.code, mode, event.gateway, event.device)
        if alert is not None and alert.flow is Flow.FAULT:
            self._book.note_signal(name, alert.id)
            effects: list[Effect] = []
            if alert.state is State.RECOVERED:
                effects.append(self._book.record(alert.id, Fact(What.RELAPSED, now, detail=finding.detail)))
            return effects + self._confirm(self._book.alerts[alert.id], row, now) + self._taken(event, name)
        return self._ring(device_alert.RULE, finding, mode, event.gateway, row, now) + self._taken(event, name)

    def unreadable(self, event: Unreadable, now: float) -> list[Effect]:
        """Tell operators that something on an alarm lane could not be read; repeats belong to the same alert."""
        finding = unreadable_alarm.RULE.evaluate(self._view(event.gateway, DeviceId(""), event, REAL), now)
        if finding is None:
            return []
        alert = self._open_alert(unreadable_alarm.RULE, "", Mode.REAL, event.gateway, DeviceId(""))
        if alert is None:
            minute = int(event.rx // AGAIN_SECONDS)  # Two servers that hear the same rubbish make one alert of it.
            key = f"{unreadable_alarm.RULE.name}:{event.gateway}:{minute}"
            begun = self._begin(key, unreadable_alarm.RULE, finding, Mode.REAL, event.gateway, None, now)
            return self._book.raise_alert(begun, now)
        if now - alert.updated < AGAIN_SECONDS:
            return []
        note = f"{event.reason}: {event.detail}"
        if alert.state is State.RAISED:
            return [self._book.record(alert.id, Fact(What.NOTED, now, note=note))]
        return self._book.ring_again(alert.id, Fact(What.REOPENED, now, note=note))

    def audited(self, event: AuditJudged, now: float) -> list[Effect]:
        """Tell that the audits find something wrong, once, and that they no longer do."""
        nowhere, nothing = GatewayId(""), DeviceId("")
        alert = self._open_alert(audit_failed.RULE, event.code, Mode.REAL, nowhere, nothing)
        finding = audit_failed.RULE.evaluate(self._view(nowhere, nothing, event, REAL), now)
        if finding is None:
            return self._book.recover(alert, now, RECOVERED) if alert else []
        if alert is not None:
            return []
        key = f"{audit_failed.RULE.name}:{event.code}:{round(event.rx * 1_000)}"
        return self._book.raise_alert(self._begin(key, audit_failed.RULE, finding, Mode.REAL, nowhere, None, now), now)

    def stored(self, event: PressStored, now: float) -> list[Effect]:
        """Note that the journal has committed a signal."""
        return self._stored(self._book.name(event.id, event.gateway), now)

    def clear(self, event: PressCleared, now: float) -> list[Effect]:
        """Note that the school reset the button. This never changes where the incident stands."""
        name = self._book.name(event.id, event.gateway)
        alert = self._book.of_signal(name)
        if alert is None:
            if not self._book.knows(name):
                self._early_clears[event.gateway, event.id] = event
                while len(self._early_clears) > CLEARS_KEPT_MAX:
                    self._early_clears.pop(next(iter(self._early_clears)))
            return []
        if any(press.id == name and press.cleared_at is not None for press in alert.presses):
            return []
        return [self._book.record(alert.id, Fact(What.CLEARED, now, by=event.by, ref=name, t=event.t))]

    def _taken(self, event: PressArrived | DeviceAlerted, name: str) -> list[Effect]:
        """Tell that an id is another gateway's, where the signal had to be named anew for that."""
        holder = self._book.holder(event.id)
        return [IdTaken(event.gateway, event.device, event.id, holder or "", event.t)] if name != event.id else []

    def _ring(self, rule: Rule, finding: Finding, mode: Mode, gateway: GatewayId, row: Attached, now: float) -> list[Effect]:
        alert = self._open_alert(rule, finding.code, mode, gateway, DeviceId(row.device))
        if alert is not None:
            effects = self._book.ring_again(alert.id, Fact(What.PRESSED, now, press=row))
        else:
            begun = self._begin(row.id, rule, finding, mode, gateway, row, now)
            note = "repaired" if row.repaired else ""
            effects = self._book.raise_alert(begun, now, note=note)
            alert = begun
        return effects + self._confirm(self._book.alerts[alert.id], row, now)

    def _confirm(self, alert: Alert, row: Attached, now: float) -> list[Effect]:
        """Mark incidents confirmed when two different devices, or two kinds of signal, of one school spoke together."""
        if alert.mode != Mode.REAL or not _confirms(alert):
            return []
        effects: list[Effect] = []
        for other in self._book.known_at(alert.school or alert.gateway):
            again = subject_of(other) == subject_of(alert)  # The same button, after its incident was over: no second signal.
            if again or other.mode != Mode.REAL or not _confirms(other):
                continue
            if any(_together(press, row) for press in other.presses):
                for one in (alert, other):  # What is over already stays over: the new one rings, and needs two people.
                    current = self._book.alerts[one.id]
                    if current.flow is Flow.INCIDENT and happens(current, What.CONFIRMED) and not current.confirmed:
                        effects.append(self._book.record(one.id, Fact(What.CONFIRMED, now, ref=row.id)))
        return effects

    def _over(self, event: DeviceAlerted, name: str, mode: Mode, now: float) -> list[Effect]:
        alert = self._open_alert(
            device_alert.RULE, event.code[: device_alert.CODE_SHOWN_MAX], mode, event.gateway, event.device
        )
        if alert is None:
            return []
        self._book.note_signal(_signal(name, event), alert.id)
        if not device_alert.meaning(event.code).ends:
            return [self._book.record(alert.id, Fact(What.NOTED, now, note="over"))]
        return self._book.recover(alert, now, RECOVERED)

    def _stored(self, signal: str, now: float) -> list[Effect]:
        alert = self._book.of_signal(signal)
        waiting = alert is not None and any(press.id == signal and not press.stored for press in alert.presses)
        if alert is None or not waiting:
            return []
        return [self._book.record(alert.id, Fact(What.STORED, now, ref=signal))]

    def _open_alert(self, rule: Rule, code: str, mode: Mode, gateway: GatewayId, device: DeviceId) -> Alert | None:
        return self._book.open(Subject(rule.name, gateway, device, mode.value, code))

    def _ruling(self, event: PressArrived | DeviceAlerted, quality: int) -> Ruling:
        school = self._fleet.roster.school_of(event.gateway)
        place = school.id if school is not None else ""
        return self._windows.rule(place, event.gateway, event.device, event.t, event.rx, quality, event.mode_claimed)

    def _view(self, gateway: GatewayId, device: DeviceId, signal: Signal, ruling: Ruling) -> View:
        return View(
            calendar=self._fleet.roster.calendar,
            school=self._fleet.roster.school_of(gateway),
            gateway=self._fleet.gateways.get(gateway),
            state=self._fleet.find(gateway, device),
            signal=signal,
            ruling=ruling,
        )

    def _begin(
        self, key: str, rule: Rule, finding: Finding, mode: Mode, gateway: GatewayId, row: Attached | None, now: float
    ) -> Alert:
        school = self._fleet.roster.school_of(gateway)
        return Alert(
            id=key,
            rule=rule.name,
            severity=finding.severity,
            state=State.RAISED,
            mode=mode.value,
            school=school.id if school else "",
            gateway=gateway,
            device=row.device if row else "",
            t=row.t if row else finding.since,
            rx=row.rx if row else now,
            version=1,
            updated=now,
            stored=row.stored if row else True,
            late=row.late if row else False,
            presses=(row,) if row else (),
            press_count=1 if row else 0,
            detail=finding.detail,
            flow=finding.flow,
            code=finding.code,
        )


def _confirms(alert: Alert) -> bool:
    return alert.flow is Flow.INCIDENT or alert.code in CONFIRMING_CODES


def _together(one: Attached, other: Attached) -> bool:
    return abs(one.t - other.t) <= CONFIRM_SECONDS or abs(one.rx - other.rx) <= CONFIRM_SECONDS


def _signal(name: str, event: DeviceAlerted) -> str:
    """Name what makes a device's word the same one again: a device ends an alert under the id that it began with."""
    return name if event.on else f"{name}/off"


def _pressed_at(event: PressArrived) -> float:
    """Give when the button was pressed: by the box, or when we heard of it where the box has no clock."""
    told_later = event.repaired and 0 <= event.rx - event.t <= REPAIRED_SECONDS  # Without the quality that its record has.
    return event.t if event.quality > 0 or told_later else event.rx
