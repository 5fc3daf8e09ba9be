"""Presses become alerts: told once, never dropped, never closed by anything but people."""

from contract.identity import DeviceId, GatewayId
from server.core.alert import Severity, State
from server.core.effects import AlertChanged
from server.core.events import PressArrived, PressCleared, Unreadable, WindowDeclared
from tests.core.talking import city, gateway_of, press_id, school, talking


def test_a_press_rings_as_a_danger_to_life() -> None:
    """A press is an alert of the highest severity, of its school, in the very step that tells of it."""
    talk = talking()

    alert = talk.press(1, 100, stored=False)

    assert (alert.severity, alert.state, alert.mode) == (Severity.CRITICAL, State.RAISED, "real")
    assert (alert.id, alert.school, alert.device) == (press_id(1), school().id, "btn-1")
    assert not alert.stored
    assert {audience for told in talk.told() for audience in told.audiences} >= {"station", "sub_bureau", "command_centre"}


def test_a_press_told_again_changes_nothing() -> None:
    """However often a press arrives, by whatever path, it is shown once."""
    talk = talking()
    talk.press(1, 100)

    talk.press(1, 101)

    assert talk.effects == []
    assert len(talk.engine.alerts) == 1


def test_a_provisional_press_becomes_stored() -> None:
    """未入库 goes away when the journal has committed, and only then."""
    talk = talking()
    assert not talk.press(1, 100, stored=False).stored

    talk.stored(1, 101)

    [changed] = talk.changed()
    assert changed.alert.stored
    assert changed.alert.presses[0].stored
    talk.stored(1, 102)
    assert talk.effects == []


def test_a_press_replayed_from_the_journal_counts_as_stored() -> None:
    """When the fact of the commit was lost in a crash, the journal's own replay makes up for it."""
    talk = talking()
    talk.press(1, 100, stored=False)

    alert = talk.press(1, 200, stored=True)

    assert alert.stored
    assert alert.press_count == 1


def test_a_press_of_an_unregistered_box_still_rings() -> None:
    """A gap in the registry never silences an alarm."""
    talk = talking()

    talk.say(PressArrived(press_id(1), GatewayId("gw-lost"), DeviceId("x"), 100, 100, 3, "short", "real", stored=True), 100)

    alert = talk.engine.alerts[press_id(1)]
    assert (alert.school, alert.gateway, alert.severity) == ("", "gw-lost", Severity.CRITICAL)


def test_a_second_press_joins_the_open_incident_and_rings_again() -> None:
    """Each press is a row; whoever acknowledged the first has not seen the second."""
    talk = talking()
    first = talk.press(1, 100)
    talk.act(first, "acknowledge", 110)

    alert = talk.press(2, 400)

    assert [press.id for press in alert.presses] == [press_id(1), press_id(2)]
    assert (alert.state, alert.acknowledged_at, alert.press_count) == (State.RAISED, None, 2)
    assert alert.next_escalation_at == 430
    assert talk.told()
    assert len(talk.engine.alerts) == 1


def test_a_press_after_the_end_opens_a_new_incident() -> None:
    """A resolved incident stays resolved; the next press is a new one."""
    talk = talking()
    first = talk.press(1, 100)
    talk.act(first, "acknowledge", 110)
    talk.act(first, "resolve", 120, cause="false_human")

    alert = talk.press(2, 1_000)

    assert alert.id == press_id(2)
    assert talk.engine.alerts[first.id].state is State.RESOLVED


def test_only_a_declared_window_of_the_very_button_makes_a_test() -> None:
    """What the device claims decides nothing; the default is real."""
    talk = talking()
    talk.window(1_000, 2_000, device="btn-1")

    claimed = talk.press(1, 500, device="btn-2", claimed="test")
    listed = talk.press(2, 1_500, device="btn-1")
    other = talk.press(3, 1_500, device="btn-2")
    after = talk.press(4, 2_001, device="btn-1")

    assert (claimed.mode, claimed.severity) == ("real", Severity.CRITICAL)
    assert dict(claimed.detail)["mode_claimed"] == "test"
    assert (listed.mode, listed.severity) == ("test", Severity.LOW)
    assert other.mode == "real"
    assert after.mode == "real"


def test_a_real_press_never_joins_a_test() -> None:
    """The test of the morning does not swallow the alarm of the afternoon."""
    talk = talking()
    talk.window(1_000, 2_000)
    test = talk.press(1, 1_500)

    real = talk.press(2, 2_500)

    assert real.id != test.id
    assert (real.mode, real.state, real.severity) == ("real", State.RAISED, Severity.CRITICAL)


def test_a_press_without_a_clock_is_real_even_in_a_window() -> None:
    """It may have been held back since yesterday: nothing proves that it belongs to the test."""
    talk = talking()
    talk.window(1_000, 2_000)

    alert = talk.press(1, 1_500, quality=0)

    assert alert.mode == "real"


def test_a_window_without_approval_or_too_long_counts_for_nothing() -> None:
    """A window is an exception that somebody answers for, of two hours at most."""
    talk = talking()
    talk.window(1_000, 2_000, by="")
    talk.window(1_000, 1_001 + 7_200, device="btn-2")

    assert talk.press(1, 1_500, device="btn-1").mode == "real"
    assert talk.press(2, 1_500, device="btn-2").mode == "real"


def test_a_press_beside_a_drill_is_real_and_says_so() -> None:
    """演练期间非登记按钮: the one whose alarm nobody may take for the drill."""
    talk = talking(roster=city(school(1), school(2)))
    talk.window(1_000, 2_000, mode="drill", device="btn-1")

    beside = talk.press(1, 1_500, device="btn-2", claimed="drill")
    elsewhere = talk.press(2, 1_500, school_number=2)
    within = talk.press(3, 1_600, device="btn-1")
    talk.alerted(4, "battery_low", 1_700, device="btn-2")

    assert (beside.mode, beside.severity) == ("real", Severity.CRITICAL)
    assert (dict(beside.detail)["why_real"], dict(beside.detail)["window"]) == ("unlisted", "w-1000-btn-1")
    assert "why_real" not in dict(elsewhere.detail)
    assert "why_real" not in dict(talk.engine.alert_of(press_id(4)).detail)  # type: ignore[union-attr]  # What is broken is no press.
    assert (within.mode, dict(within.detail)["window"]) == ("drill", "w-1000-btn-1")


def test_a_claim_that_nobody_declared_and_a_press_without_a_clock_say_why_they_are_real() -> None:
    """The device's word changes nothing but what people are told beside the alarm."""
    talk = talking()
    claimed = talk.press(1, 500, device="host", claimed="test")
    talk.window(1_000, 2_000, device="btn-1")
    blind = talk.press(2, 1_500, device="btn-1", quality=0)
    odd = talk.press(3, 5_000, device="btn-2", claimed="rehearsal")

    assert (claimed.mode, dict(claimed.detail)["why_real"]) == ("real", "undeclared")
    assert (blind.mode, dict(blind.detail)["why_real"]) == ("real", "no_clock")
    assert odd.mode == "real"


def test_a_press_in_a_test_and_a_drill_of_the_same_button_is_the_drill() -> None:
    """The safer of the two: a test that is proven closes itself, a drill never does. In either order of declaring."""
    for modes in (("test", "drill"), ("drill", "test")):
        talk = talking()
        for at, mode in zip((1_000, 1_100), modes, strict=True):
            talk.window(at, 2_000, mode=mode)

        assert talk.press(1, 1_500).mode == "drill"


def test_a_window_told_again_ends_earlier_or_not_at_all() -> None:
    """A withdrawn window plays nothing down, and one that was ended none of what comes after."""
    talk = talking()
    devices = frozenset({(gateway_of(1), DeviceId("btn-1"))})
    for end, by in ((2_000.0, "station"), (1_500.0, "station")):
        talk.say(WindowDeclared("w", "test", school().id, devices, 1_000, end, by), 1_000)
    before, after = talk.press(1, 1_499), talk.press(2, 1_501)
    talk.say(WindowDeclared("w", "test", school().id, devices, 1_000, 2_000, ""), 1_600)

    assert (before.mode, after.mode) == ("test", "real")
    assert talk.press(3, 1_700, t=1_400).id == after.id  # Real as well: it has joined the real one.
    assert list(talk.engine.windows_open(1_400)) == []


def test_a_late_press_rings_and_is_marked() -> None:
    """A press held back during an outage is told late, and is still an alarm."""
    talk = talking()

    late = talk.press(1, 10_000, t=5_000)
    in_time = talk.press(2, 10_000, t=9_800, device="btn-2")
    no_clock = talk.press(3, 10_000, t=0, quality=0, device="host")

    assert late.late
    assert late.state is State.RAISED
    assert not in_time.late
    assert not no_clock.late


def test_the_schools_clear_is_noted_and_closes_nothing() -> None:
    """Who presses reset may be the one who forced the door."""
    talk = talking()
    alert = talk.press(1, 100)

    talk.say(PressCleared(press_id(1), gateway_of(1), DeviceId("btn-1"), 130, 131, "key"), 131)

    after = talk.engine.alerts[alert.id]
    assert after.presses[0].cleared_at == 130
    assert (after.state, after.open, after.next_escalation_at) == (State.RAISED, True, alert.next_escalation_at)


def test_a_clear_before_its_press_is_kept_for_it() -> None:
    """Paths differ in speed: a clear that overtook its press neither hides the press nor gets lost."""
    talk = talking()
    talk.say(PressCleared(press_id(1), gateway_of(1), DeviceId("btn-1"), 130, 131, "key"), 131)

    alert = talk.press(1, 132, t=100)

    assert alert.state is State.RAISED
    assert alert.presses[0].cleared_at == 130


def test_a_second_button_within_two_minutes_confirms_both() -> None:
    """Two buttons of one school in two minutes are no accident."""
    talk = talking()
    first = talk.press(1, 100, device="btn-1")

    second = talk.press(2, 219, device="btn-2")

    assert talk.engine.alerts[first.id].confirmed
    assert second.confirmed


def test_what_does_not_confirm() -> None:
    """The same button again, another school, a longer while, or a test confirms nothing."""
    talk = talking(roster=city(school(1), school(2)))
    talk.window(0, 5_000, device="host")
    first = talk.press(1, 100, device="btn-1")
    talk.press(2, 110, device="btn-1")
    talk.press(3, 120, school_number=2)
    talk.press(4, 130, device="host")
    talk.press(5, 10_000, device="btn-2")

    assert not any(alert.confirmed for alert in talk.engine.alerts.values())
    assert len(talk.engine.alerts[first.id].presses) == 2


def test_the_same_button_after_its_incident_was_over_confirms_nothing() -> None:
    """A child that presses again, a minute after its first press was called false, is no second signal."""
    talk = talking()
    first = talk.press(1, 100)
    talk.act(first.id, "acknowledge", 110)
    talk.act(first.id, "resolve", 120, cause="false_human")

    again = talk.press(2, 160)

    assert again.id != first.id
    assert not again.confirmed


def test_tamper_confirms_a_press() -> None:
    """A press and an opened cover of the same school within two minutes belong together."""
    talk = talking()
    alert = talk.press(1, 100)

    talk.alerted(2, "tamper", 150, device="host")

    assert talk.engine.alerts[alert.id].confirmed


def test_duress_is_told_to_police_only() -> None:
    """Nothing may sound at the school, and nobody there is called."""
    talk = talking()

    talk.alerted(1, "duress", 100)

    assert talk.engine.alerts[press_id(1)].severity is Severity.CRITICAL
    assert {audience for told in talk.told() for audience in told.audiences} == {"station", "sub_bureau", "command_centre"}


def test_an_unknown_code_is_shown_as_it_came() -> None:
    """A newer device's alarm is not understood, but seen."""
    talk = talking()

    talk.alerted(1, "volcano", 100)

    alert = talk.engine.alerts[press_id(1)]
    assert (alert.code, alert.severity, alert.open) == ("volcano", Severity.HIGH, True)


def test_the_devices_own_over_ends_a_fault_but_no_incident() -> None:
    """A battery may recover by itself; a fire alarm is closed by people."""
    talk = talking()
    talk.alerted(1, "battery_low", 100)
    talk.alerted(2, "fire", 100, device="host")

    talk.alerted(3, "battery_low", 200, on=False)
    talk.alerted(4, "fire", 200, device="host", on=False)

    assert talk.engine.alerts[press_id(1)].state is State.CLOSED
    assert talk.engine.alerts[press_id(2)].state is State.RAISED


def test_a_press_of_a_box_without_a_clock_stands_at_our_time() -> None:
    """It rings at once all the same; 1970 on a police screen would help nobody."""
    talk = talking()

    [press] = talk.press(1, 5_000_000.0, t=12.0, quality=0).presses

    assert (press.t, press.rx, press.late) == (5_000_000.0, 5_000_000.0, False)


def test_a_device_ends_an_alert_under_the_id_it_began_with() -> None:
    """As gateways do; and its old word that it is over, told again, does not end what has begun since."""
    talk = talking()
    talk.alerted(1, "battery_low", 100)

    talk.alerted(1, "battery_low", 200, on=False)
    assert talk.engine.alerts[press_id(1)].state is State.CLOSED
    talk.alerted(2, "battery_low", 300)
    talk.alerted(1, "battery_low", 310, on=False)
    talk.alerted(1, "battery_low", 320)

    assert talk.engine.alerts[press_id(2)].state is State.RAISED
    assert len(talk.engine.alerts) == 2


def test_an_unreadable_alarm_is_told_to_operators_once_a_minute() -> None:
    """It may have been a press. Rubbish all day is one alert, and does not flood its history."""
    talk = talking()

    talk.say(Unreadable(gateway_of(1), "a", "not_json", "x", 100), 100)
    [alert] = talk.engine.alerts.values()
    assert (alert.rule, alert.severity, alert.school) == ("unreadable_alarm", Severity.HIGH, school().id)
    talk.say(Unreadable(gateway_of(1), "a", "not_json", "x", 101), 101)
    assert talk.effects == []
    talk.act(alert, "acknowledge", 110)
    talk.say(Unreadable(gateway_of(1), "a", "not_json", "y", 300), 300)

    [again] = talk.engine.alerts.values()
    assert again.state is State.RAISED


def test_unreadable_telemetry_is_nobodys_alert() -> None:
    """Only an alarm lane can have carried a press."""
    talk = talking()

    talk.say(Unreadable(gateway_of(1), "t", "not_json", "x", 100), 100)

    assert talk.effects == []


def test_every_change_carries_the_fact_to_store() -> None:
    """What is shown can be stored: no alert changes without its fact."""
    talk = talking()
    talk.press(1, 100)

    assert all(isinstance(effect, AlertChanged) and effect.fact for effect in talk.changed())
    assert talk.changed()
