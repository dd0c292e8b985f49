//! Just enough HTTP/1.1 for both ends of the load: where a message ends.

/// The length of the first message in these bytes, if all of it is there.
pub fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let lines = std::str::from_utf8(&bytes[..head]).ok()?.split("\r\n");
    let mut headers = lines.filter_map(|line| line.split_once(": "));
    let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(Ok(0), |(_, length)| length.parse()).ok()?;
    let end = head + 4 + length;
    (bytes.len() >= end).then_some(end)
}
