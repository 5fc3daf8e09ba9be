"""A video recorder: disks, retention and gaps."""

from contract.kind import Kind, Pillar, boolean, integer, number, word

KIND = Kind(
    name="recorder",
    label="录像机",
    label_en="Recorder",
    pillar=Pillar.VIDEO,
    type_code="118",
    metrics=(
        boolean("online", "在线", "Online"),
        boolean("recording", "录像中", "Recording", period_seconds=900),
        number("retention", "录像保存天数", "Retention", "d", 0.0, 3_650.0, period_seconds=3600, deadband=0.5),
        integer("gap", "当日录像缺失", "Recording gap today", "s", 0, 86_400, period_seconds=3600),
        word("disk", "磁盘状态", "Disk", ("ok", "warn", "fail"), period_seconds=900),
        boolean("overwrite", "循环覆盖", "Overwrites the oldest", period_seconds=3600),
        number("disk_total", "磁盘容量", "Disk size", "GBy", 0.0, 1e7, period_seconds=3600),
        number("disk_free", "磁盘剩余", "Disk free", "GBy", 0.0, 1e7, period_seconds=900, deadband=10.0),
        number("temp", "温度", "Temperature", "Cel", -40.0, 120.0, period_seconds=900, deadband=1.0),
        integer("clock_offset", "时钟偏差", "Clock offset", "ms", -(2**52), 2**52, period_seconds=900, deadband=500.0),
        integer(
            "police_catalogue", "公安侧最近目录心跳", "Last police-side catalogue", "ms", 0, 2**53 - 1, period_seconds=3600
        ),
    ),
)
