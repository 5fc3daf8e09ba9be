"""A gateway with a planted bug: it answers every second press before it has told anybody. For the checker's test only."""

import itertools

from contract.records import Press
from gateway import app
from gateway.hub import Hub

_numbers = itertools.count(1)
_whole = Hub._append_press


async def _forgetful(self: Hub, record: Press) -> None:
    if next(_numbers) % 2:
        await _whole(self, record)


Hub._append_press = _forgetful  # type: ignore[method-assign]

if __name__ == "__main__":
    app.main()
