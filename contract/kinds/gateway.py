"""The school's own box, reporting about itself as device `gw`."""

from contract.kind import Kind, Pillar, Urgency, boolean, integer, number, word

KIND = Kind(
    name="gateway",
    label="校园网关",
    label_en="School gateway",
    pillar=Pillar.GATEWAY,
    urgency=Urgency.URGENT,
    metrics=(
        number("cpu", "处理器", "CPU", "%", 0.0, 100.0, deadband=10.0),
        number("mem", "内存", "Memory", "%", 0.0, 100.0, deadband=5.0),
        number("disk_free", "磁盘剩余", "Disk free", "%", 0.0, 100.0, deadband=1.0),
        integer("outbox_a", "待发报警", "Alarms waiting", "1", 0, 2**53 - 1),
        integer("outbox_t", "待发数据", "Readings waiting", "1", 0, 2**53 - 1, deadband=100.0),
        integer("lag", "数据延迟", "Lag", "s", 0, 10**9, deadband=10.0),
        integer("clk_off", "时钟偏差", "Clock offset", "ms", -(2**52), 2**52, deadband=100.0),
        integer("clk_err", "时钟误差", "Clock error", "ms", 0, 2**52, deadband=100.0),
        word("path", "通道", "Path", (), period_seconds=300),
        boolean("ups", "后备电源供电", "On backup power"),
        integer("batt", "后备电量", "Backup battery", "%", 0, 100, deadband=5.0),
    ),
)
