"""Plausible cities, fake devices, fleets of real gateway code, stories and the demo; nothing else imports this."""
