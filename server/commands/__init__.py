"""Orders to gateways: who may give them, on record before they leave, signed, and followed to their end."""
