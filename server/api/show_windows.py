"""From tests and drills to what the API says of them."""

from collections.abc import Sequence

from server.api import views
from server.api.parts import Parts
from server.api.show import alert_view
from server.drills.window import Entry, Rehearsal, legal_moves
from server.registry.model import User
from server.security.access import Permission, Reach, as_seen, may, may_move_window, sees_alert

ALERTS_MAX = 100  # Shown of one test or drill; as many buttons as it may list.


def window_view(window: Rehearsal, parts: Parts, user: User) -> views.WindowView:
    """Show one, with the moves that this user may ask for now."""
    display = parts.registry.accounts.display
    legal = legal_moves(window, parts.now_ms()) if may(user, Permission.REHEARSE) else ()
    return views.WindowView(
        id=window.id,
        mode=window.mode,  # type: ignore[arg-type]  # Declared through this API, or checked by the core.
        school=window.school,
        devices=[(gateway, device) for gateway, device in sorted(window.devices)],
        start=window.start_ms,
        end=window.end_ms,
        until=window.until_ms,
        state=window.state,
        version=window.version,
        asked_by=window.asked_by,
        asked_by_display=display(window.asked_by) if window.asked_by else "",
        asked_at=window.asked_ms,
        approved_by=window.approved_by,
        approved_by_display=display(window.approved_by) if window.approved_by else "",
        approved_at=window.approved_ms or None,
        note=window.note,
        moves=[move for move in legal if may_move_window(user, move, window.asked_by)],
    )


def window_detail(window: Rehearsal, history: Sequence[Entry], parts: Parts, user: User, reach: Reach) -> views.WindowDetail:
    """Show one in full: its alerts are those that still are in memory."""
    tree, accounts = parts.registry.tree, parts.registry.accounts
    mine = [
        alert
        for alert in parts.engine.alerts.values()
        if ("window", window.id) in alert.detail and sees_alert(reach, tree, alert)
    ]
    mine.sort(key=lambda alert: (alert.rx, alert.id))
    return views.WindowDetail(
        window=window_view(window, parts, user),
        history=[
            views.WindowStep(
                at=one.at_ms,
                move=one.move,
                state=one.state,
                by=accounts.display(one.by) if one.by else "",
                role=one.role,
                note=one.note,
            )
            for one in history
        ],
        alerts=[alert_view(as_seen(reach, alert), tree, accounts, parts.engine) for alert in mine[:ALERTS_MAX]],
    )
