"""What programs send each other, without any I/O."""
