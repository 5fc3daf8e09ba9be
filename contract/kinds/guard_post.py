"""A guard post with its check-in reader; who is on post is told by check-ins, here only the count."""

from contract.kind import Kind, Pillar, boolean, integer

KIND = Kind(
    name="guard_post",
    label="保安岗位",
    label_en="Guard post",
    pillar=Pillar.GUARD,
    silence_seconds=660,  # The reader reports every 5 min; two missed and a minute of grace.
    metrics=(
        integer("on_duty", "在岗人数", "Guards on duty", "1", 0, 200),
        boolean("online", "读卡器在线", "Reader online", period_seconds=300),
        integer("battery", "电量", "Battery", "%", 0, 100, deadband=5.0),
        integer("buffered", "待传记录", "Records buffered", "1", 0, 10_000),
    ),
)
