//! Engine.IO packets and payloads, as they are written. Pure.
