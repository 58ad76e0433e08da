//! Owns: telling in which entry of a container bytes are missing or too many.
//! Must not: decide whether a container is right (see `bundle_container.rs`): here only what is wrong
//! anyway is given a place, because its directory doesn't stand where it says.
//! Next: `bundle_container.rs`, APPNOTE 6.3.9 §4.3.7, §4.3.12 and §4.3.16 for the records.

use std::io::{self, Read, Seek, SeekFrom};

const END_RECORD: u64 = 22;
const DIRECTORY_RECORD: u64 = 46;

/// Beyond this a directory is none of a bundle: some 10^8 events.
const LONGEST_DIRECTORY: u64 = 1 << 20;

/// Where and why, when the directory doesn't stand where the record at the end says; none when it does,
/// or when there is no such record to say so.
pub(crate) fn shifted<R: Read + Seek>(file: &mut R, end: u64) -> io::Result<Option<(u64, String)>> {
    let Some(last) = end.checked_sub(END_RECORD) else { return Ok(None) };
    let record = read(file, last, END_RECORD)?;
    let (Some(size), Some(stated)) = (number(&record, 12), number(&record, 16)) else { return Ok(None) };
    let Some(found) = last.checked_sub(size) else { return Ok(None) };
    // ZIP64 says it elsewhere.
    if !record.starts_with(b"PK\x05\x06")
        || stated == u64::from(u32::MAX)
        || size > LONGEST_DIRECTORY
        || found == stated
    {
        return Ok(None);
    }
    let directory = read(file, found, size)?;
    let (count, more) = if found > stated { (found - stated, "more") } else { (stated - found, "fewer") };
    let mut before: Option<String> = None;
    let mut rest = directory.as_slice();
    while let Some((header, name, after)) = directory_record(rest) {
        // The first entry that doesn't start where the directory says comes after the place.
        let within = header.checked_add(30).is_some_and(|data| data <= end);
        if !within || read(file, header, 4)? != b"PK\x03\x04" {
            let place = match before {
                Some(before) => format!("in entry {before:?} or where {name:?} begins"),
                None => format!("where entry {name:?} begins"),
            };
            return Ok(Some((header, format!("{count} bytes {more} than the directory says, {place}"))));
        }
        if read(file, header + 30, number_of(name.len()))? != name.as_bytes() {
            let place = format!("in the header of entry {name:?}");
            return Ok(Some((header, format!("{count} bytes {more} than the directory says, {place}"))));
        }
        before = Some(name);
        rest = after;
    }
    let place = before.map_or_else(
        || "in the directory".to_owned(),
        |name| format!("in entry {name:?} or where the directory begins"),
    );
    Ok(Some((found, format!("{count} bytes {more} than the directory says, {place}"))))
}

/// Start of the local header, name, and the records that follow.
fn directory_record(bytes: &[u8]) -> Option<(u64, String, &[u8])> {
    if !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let length = |at: usize| bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes).map(usize::from);
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let header = number(bytes, 42)?;
    let start = usize::try_from(DIRECTORY_RECORD).ok()?;
    let text = String::from_utf8_lossy(bytes.get(start..start + name)?).into_owned();
    Some((header, text, bytes.get(start + name + extra + comment..)?))
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes).map(u64::from)
}

fn number_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn read<R: Read + Seek>(file: &mut R, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
