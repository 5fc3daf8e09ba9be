"""One zone of a perimeter: an electronic or pulse fence, beams or a vibration cable."""

from contract.kind import Kind, Pillar, boolean, number, word

KIND = Kind(
    name="perimeter",
    label="周界防范",
    label_en="Perimeter zone",
    pillar=Pillar.LOCAL,
    silence_seconds=660,  # Full state every 5 min; two missed and a minute of grace.
    metrics=(
        boolean("armed", "已布防", "Armed", period_seconds=300),
        word(
            "zone",
            "防区状态",
            "Zone",
            ("normal", "intrusion", "cut", "short", "low_voltage", "bypassed"),
            period_seconds=300,
        ),
        number("voltage", "脉冲电压", "Pulse voltage", "kV", 0.0, 20.0, deadband=0.3),
        boolean("tamper", "防拆", "Tamper"),
    ),
)
