"""A smoke or heat detector; the alarm itself also travels on the alarm lane, as `fire`."""

from contract.kind import Kind, Pillar, Urgency, boolean, integer, number

KIND = Kind(
    name="fire_detector",
    label="火灾探测器",
    label_en="Fire detector",
    pillar=Pillar.LOCAL,
    urgency=Urgency.URGENT,
    silence_seconds=172_800,  # Battery-powered ones report once in 24 h; two missed.
    metrics=(
        boolean("alarm", "火警", "Fire alarm"),
        boolean("fault", "故障", "Fault", period_seconds=3600),
        boolean("tamper", "防拆", "Tamper"),
        number("smoke", "烟雾浓度", "Smoke", "dB/m", 0.0, 5.0, period_seconds=86_400, deadband=0.02),
        integer("dirt", "污染程度", "Dirt", "%", 0, 100, period_seconds=86_400, deadband=5.0),
        number("cell_v", "电池电压", "Cell voltage", "V", 0.0, 4.0, period_seconds=86_400, deadband=0.05),
        integer("rssi", "信号强度", "Signal strength", "dB[mW]", -140, 0, period_seconds=86_400, deadband=5.0),
        number("temp", "温度", "Temperature", "Cel", -40.0, 150.0, period_seconds=86_400, deadband=1.0),
    ),
)
