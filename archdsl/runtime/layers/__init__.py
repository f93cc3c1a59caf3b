"""The layers of engines; each picks its operator for the device and type that it runs in."""
