"""What a broken or malicious neighbour sends: none of it is a press, and none of it may disturb anybody."""

import random
import zlib

from contract.topics import ROOT

STRANGER = "gw-nobody-knows"


def rubbish(chance: random.Random, neighbour: str, victim: str) -> tuple[str, bytes]:
    """Give one message, as topic and payload. The broker's list lets a box write under its own name only."""
    leaf = chance.choice(("up/a", "up/t", "hb", "birth", "link", "rep", "now", "nonsense", "up/x"))
    gateway = chance.choice((neighbour, neighbour, neighbour, STRANGER, "X!", "a" * 60))
    return f"{ROOT}/{gateway}/{leaf}", _payload(chance, neighbour, victim, leaf)


def _payload(chance: random.Random, neighbour: str, victim: str, leaf: str) -> bytes:
    lane = "a" if leaf == "up/a" else "t"
    head = f'{{"v":1,"g":"{neighbour}","ep":"0000010000","x":"{lane}","p":1,"s":1,"r":['
    return chance.choice(
        (
            lambda: chance.randbytes(chance.randrange(1, 400)),
            lambda: b"",
            lambda: b"{" * 5_000,
            lambda: b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
            lambda: zlib.compress(b"0" * 5_000_000),
            lambda: zlib.compress(b'{"v":1}' * 100)[:40],
            lambda: head.replace(neighbour, victim).encode() + b'{"d":"cam-1","t":1,"m":{"bitrate":5}}]}',
            lambda: head.replace('"v":1', '"v":9').encode() + b"]}",
            lambda: head.encode() + b'{"d":"cam-1","t":1,"m":{"bitrate":NaN}},{"d":"cam-1","t":1,"m":{"bitrate":1e400}}]}',
            lambda: head.encode() + b'{"d":"cam-1","t":99999999999999999999999,"m":{}}]}',
            lambda: head.encode() + b'{"k":"press","id":"not-a-uuid","d":"x","t":1}]}',
            lambda: head.encode() + b'{"k":"press","id":"","d":"","t":-1,"mode":"\xff"}]}',
            lambda: head.encode() + b'{"k":"hole","n":99999999999,"why":"because"}]}',
            lambda: head.replace('"p":1', '"p":-5').encode() + b'{"k":"hole","n":1,"why":"x"}]}',
            lambda: b'{"v":1,"ep":"zz","boot":"","h":1,"s":1,"mono":1,"hi":{"a":9007199254740993},"lo":{}}',
            lambda: (
                b'{"v":1,"ep":"0000010000","boot":"b","h":1,"s":1,"mono":1,"hi":{},"lo":{},"open":[{"id":"x","d":"y","t":1}]}'
            ),
            lambda: b'{"on":false,"ep":"zzzzzzzzzz"}',
            lambda: b'{"v":1,"g":"' + victim.encode() + b'","ep":"0000010000","boot":"b","devs":[]}',
        )
    )()
