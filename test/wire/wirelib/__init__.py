"""What the wire tests share: processes, Sluice, origins, raw connections."""
