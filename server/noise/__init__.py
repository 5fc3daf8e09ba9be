"""The figures of the alarms themselves, by EEMUA 191 and ISA-18.2, computed from the stored facts."""
