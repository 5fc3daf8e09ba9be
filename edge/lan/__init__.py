"""The doors by which devices on the school's LAN reach the gateway, and the desk behind them."""
