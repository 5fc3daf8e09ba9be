"""A door, turnstile or vehicle gate of the closed campus."""

from contract.kind import Kind, Pillar, boolean, integer, word

KIND = Kind(
    name="gate",
    label="校门/通道",
    label_en="Gate",
    pillar=Pillar.CLOSED_CAMPUS,
    type_code="124",
    silence_seconds=660,  # Full state every 5 min; two missed and a minute of grace.
    metrics=(
        boolean("open", "门开", "Open", period_seconds=300),
        boolean("locked", "已上锁", "Locked", period_seconds=300),
        boolean("forced", "强行打开", "Forced", period_seconds=300),
        boolean("held_open", "超时未关", "Held open", period_seconds=300),
        boolean("emergency_release", "紧急释放", "Emergency release", period_seconds=300),
        word("mode", "模式", "Mode", ("normal", "free", "locked"), period_seconds=300),
        integer("passes_in", "进入人次", "Passes in", "/min", 0, 10_000),
        integer("passes_out", "离开人次", "Passes out", "/min", 0, 10_000),
        integer("fault_code", "故障码", "Fault code", "1", 0, 65_535),
    ),
)
