"""What every process of ours is wrapped in, at the school and at the server alike: its logs, its signals, its last words."""
