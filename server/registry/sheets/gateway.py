"""The boxes at the schools. Their HTTPS keys are drawn by a command and stand in no sheet."""

from server.registry.model import Gateway
from server.registry.sheet import Column, Sheet

SHEET = Sheet(
    "gateway",
    "校园网关",
    "Gateways",
    Gateway,
    ("id",),
    (
        Column("id", "网关编号", "Gateway"),
        Column("school", "学校标识码", "School code"),
        Column("key_hash", "密钥摘要", "Key digest", hidden=True),
    ),
    "equipment",
)
