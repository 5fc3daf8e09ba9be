"""A visitor machine in the gate room. Who the visitors are never travels: only counts and what it found."""

from contract.kind import Kind, Pillar, boolean, integer, word

KIND = Kind(
    name="visitor_machine",
    label="访客机",
    label_en="Visitor machine",
    pillar=Pillar.LOCAL,
    silence_seconds=660,  # Full state every 5 min; two missed and a minute of grace.
    metrics=(
        boolean("online", "在线", "Online"),
        word("event", "核验结果", "Found", ("none", "blacklist", "unregistered")),
        integer("visitors", "今日访客", "Visitors today", "1", 0, 100_000),
        integer("inside", "未离校访客", "Visitors inside", "1", 0, 100_000),
        boolean("reader_ok", "证件读卡正常", "ID reader works", period_seconds=300),
        boolean("paper_ok", "打印纸正常", "Paper is there", period_seconds=300),
    ),
)
