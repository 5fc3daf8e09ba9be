"""A one-key alarm button or pillar; the press itself travels as a `Press`, never as a reading."""

from contract.kind import Kind, Pillar, Urgency, boolean, integer, number, word

KIND = Kind(
    name="alarm_button",
    label="一键报警按钮",
    label_en="One-key alarm button",
    pillar=Pillar.ALARM,
    urgency=Urgency.URGENT,
    type_code="134",
    silence_seconds=7_500,  # Supervised every 60 min; twice that and five minutes of grace.
    metrics=(
        word("loop", "回路状态", "Loop state", ("open", "closed", "fault"), period_seconds=3600),
        number("loop_ohm", "回路电阻", "Loop resistance", "Ohm", 0.0, 1e6, period_seconds=3600, deadband=100.0),
        integer("rssi", "信号强度", "Signal strength", "dB[mW]", -140, 0, period_seconds=3600),
        number("cell_v", "电池电压", "Cell voltage", "V", 0.0, 4.0, period_seconds=3600, deadband=0.05),
        integer("battery", "电量", "Battery", "%", 0, 100, period_seconds=3600),
        boolean("tamper", "防拆", "Tamper"),
        boolean("link", "连接", "Link", period_seconds=3600),
        integer("last_test", "最近测试时间", "Last test", "ms", 0, 2**53 - 1, period_seconds=3600),
        number("temp", "温度", "Temperature", "Cel", -40.0, 85.0, period_seconds=3600, deadband=0.5),
    ),
)
