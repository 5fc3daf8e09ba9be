"""A powered gate anti-ram barrier. Fixed and movable ones have no telemetry: they live in the roster with a dated photo."""

from contract.kind import Kind, Pillar, Urgency, boolean, integer, number, word

KIND = Kind(
    name="barrier",
    label="防冲撞装置",
    label_en="Anti-ram barrier",
    pillar=Pillar.BARRIER,
    urgency=Urgency.URGENT,
    type_code="141",
    metrics=(
        word("position", "位置", "Position", ("up", "down", "mid")),
        boolean("moving", "动作中", "Moving"),
        integer("fault_code", "故障码", "Fault code", "1", 0, 65_535),
        integer("rise_time", "升起时间", "Rise time", "ms", 0, 120_000),
        integer("fall_time", "下降时间", "Fall time", "ms", 0, 120_000),
        number("oil_temp", "油温", "Oil temperature", "Cel", -40.0, 150.0, deadband=1.0),
        number("oil_level", "油位", "Oil level", "%", 0.0, 100.0, deadband=2.0),
        number("pressure", "压力", "Pressure", "MPa", 0.0, 25.0, deadband=0.2),
        number("motor_current", "电机电流", "Motor current", "A", 0.0, 100.0, deadband=0.5),
        number("mains_v", "供电电压", "Mains voltage", "V", 0.0, 500.0, deadband=5.0),
        boolean("pit_water", "基坑积水", "Water in pit"),
        boolean("loop_occupied", "地感有车", "Loop occupied"),
        integer("cycles", "累计次数", "Cycles", "1", 0, 100_000_000, period_seconds=900),
        word("mode", "运行模式", "Mode", ("auto", "manual", "remote", "efo", "maintenance")),
    ),
)
