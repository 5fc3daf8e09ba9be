"""How many guards a school must have, and what is known of those it has."""

from dataclasses import dataclass
from datetime import date

from server.core.indicator import View, all_offline, declared, settle, shared
from server.core.liveness import DeviceState, Home
from server.core.requirements import guard_quota as requirement
from server.core.schedule import local_date, school_time_after
from server.core.verdict import Judgement, Verdict
from server.registry.dossier import Dossier
from server.registry.model import School
from server.registry.sheets.guard import Guard
from server.registry.sheets.post import Post

SEEN_SECONDS = 86_400.0  # Of school days: a guard who is there every day is seen once in each.
ALL_SEEN_SECONDS = 7 * 86_400.0  # Every guard of a roll has a shift within a week.


def guard_quota(school: School, dossier: Dossier, day: date) -> int:
    """Give the number of full-time guards a school must have on its roll, by the rule of its region on that day."""
    return requirement.RULE.of(dossier, day).guards(school)


@dataclass(frozen=True, slots=True)
class Roll:
    """How many full-time guards the ledger has on a day: with a valid certificate, and in all."""

    certified: int
    listed: int

    def reaches(self, quota: int, missing: str) -> Verdict:
        """Judge a quota: by those with a certificate it is met; where only the others would fill it, nobody can say."""
        if self.certified >= quota:
            return Verdict(Judgement.MET)
        if self.listed >= quota:
            return Verdict(Judgement.UNKNOWN, ("guards.no_certificate",))
        return Verdict(Judgement.NOT_MET, (missing,))


def roll_of(dossier: Dossier, today: date) -> Roll:
    """Count the guards on the roll on a day."""
    on_roll = [
        guard
        for guard in dossier.of(Guard)
        if guard.full_time
        and (guard.on_roll_from is None or guard.on_roll_from <= today)
        and (guard.on_roll_to is None or today <= guard.on_roll_to)
    ]
    certified = [
        guard
        for guard in on_roll
        if guard.certificate and (guard.certificate_expires is None or today <= guard.certificate_expires)
    ]
    return Roll(len(certified), len(on_roll))


def one_on_roll(view: View, now: float) -> Verdict:
    """Judge the ledger: at least one full-time guard on the roll, and the post declared as staffed."""
    told = roll_of(view.dossier, local_date(now)).reaches(1, "guards.none")
    return told if told.judgement is not Judgement.MET else declared(view, ("guard_post_staffed",), now)


def one_seen(view: View, now: float) -> Verdict:
    """Judge what is heard: a guard was on post within the last school day."""
    posts, seen = guard_posts(view.home), view.home.guard_seen
    if seen is not None and now < school_time_after(view.calendar, seen, SEEN_SECONDS):
        return settle((), (), seen)
    if not posts:
        return settle((), ("guard_post.none",), seen)
    if all_offline(posts):
        return settle((), ("guard_post.offline",), seen)
    if seen is None and now < school_time_after(view.calendar, view.listening_since, SEEN_SECONDS):
        return settle((), ("guards.not_seen_yet",), None)
    return settle(("guards.not_seen",), (), seen)


def seen_turns_at(view: View, live: Verdict, _now: float) -> float | None:
    """Say when the last school day without a guard, or without one yet, is full."""
    if live.judgement is Judgement.MET and live.proof_at is not None:
        return school_time_after(view.calendar, live.proof_at, SEEN_SECONDS)
    return school_time_after(view.calendar, view.listening_since, SEEN_SECONDS)


def quota_turns_at(view: View, live: Verdict, _now: float) -> float | None:
    """Say when the week of the last guard that is needed, or the first week of listening, is over."""
    if live.judgement is Judgement.MET and live.proof_at is not None:
        return live.proof_at + ALL_SEEN_SECONDS
    return view.listening_since + ALL_SEEN_SECONDS


def quota_on_roll(view: View, now: float) -> Verdict:
    """Judge the ledger: as many on the roll as the quota asks."""
    return roll_of(view.dossier, local_date(now)).reaches(_quota(view, now), "guards.below_quota")


def heads_on_roll(view: View, now: float) -> Verdict:
    """Count the ledger's heads up to the quota: those with a certificate are there, the others may be."""
    quota, roll = _quota(view, now), roll_of(view.dossier, local_date(now))
    met = min(roll.certified, quota)
    unsure = min(roll.listed, quota) - met
    reasons = ("guards.below_quota",) * (met + unsure < quota) + ("guards.no_certificate",) * (unsure > 0)
    return shared(met, quota - met - unsure, unsure, reasons)


def heads_seen(view: View, now: float) -> Verdict:
    """Count the heads that were seen within a week up to the quota."""
    quota, whole = _quota(view, now), quota_seen(view, now)
    met = min(quota, _seen_within_a_week(view, now))
    unsure = quota - met if whole.judgement is Judgement.UNKNOWN else 0
    return shared(met, quota - met - unsure, unsure, whole.reasons, whole.proof_at)


def quota_seen(view: View, now: float) -> Verdict:
    """Judge what is heard: as many different guards checked in within a week as the quota asks."""
    seen = sorted((at for at, _ in view.home.on_post.values() if now < at + ALL_SEEN_SECONDS), reverse=True)
    newest = seen[0] if seen else None
    quota = _quota(view, now)
    if len(seen) >= quota:
        return settle((), (), seen[quota - 1])  # The proof is as old as the last one that is needed.
    if now < view.listening_since + ALL_SEEN_SECONDS or not guard_posts(view.home):
        return settle((), ("guards.not_all_seen_yet",), newest)
    return settle(("guards.too_few_seen",), (), newest)


def guard_posts(home: Home) -> list[DeviceState]:
    """List the devices of the posts that the school's own guards stand on."""
    others = escorts(home.dossier)
    return [post for post in home.kind("guard_post") if post.device.id not in others]


def escorts(dossier: Dossier) -> frozenset[str]:
    """Name the devices of posts that police and parents man: who stands there is no guard of the school."""
    return frozenset(post.device for post in dossier.of(Post) if post.kind == "escort" and post.device)


def _seen_within_a_week(view: View, now: float) -> int:
    return sum(now < at + ALL_SEEN_SECONDS for at, _ in view.home.on_post.values())


def _quota(view: View, now: float) -> int:
    return guard_quota(view.school, view.dossier, local_date(now))
