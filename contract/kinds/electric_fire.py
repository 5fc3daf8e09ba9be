"""An electric fire monitor in a distribution box: residual current and the temperature of the wires."""

from contract.kind import Kind, Pillar, boolean, integer, number

KIND = Kind(
    name="electric_fire",
    label="电气火灾监测",
    label_en="Electric fire monitor",
    pillar=Pillar.LOCAL,
    silence_seconds=960,  # Told every 5 min; three missed and a minute of grace.
    metrics=(
        integer("residual_current", "剩余电流", "Residual current", "mA", 0, 10_000, deadband=20.0),
        number("wire_temp", "线缆温度", "Wire temperature", "Cel", -40.0, 250.0, deadband=1.0),
        number("voltage", "电压", "Voltage", "V", 0.0, 500.0, deadband=5.0),
        number("current", "电流", "Current", "A", 0.0, 1_000.0, deadband=1.0),
        boolean("arc", "故障电弧", "Arc"),
        boolean("tripped", "已脱扣", "Tripped"),
    ),
)
