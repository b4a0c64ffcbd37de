"""What a call is, without performing it: requests, flows, retries, decoding, errors. No I/O."""
