//! The frames between parent and child: a length in four bytes, then CBOR.

use std::io::{Error, ErrorKind, Read, Write};

use minicbor::{Decode, Encode};

use crate::documents::{ParseError, ParseLimits, Parsed};

/// The largest frame of a job, in bytes.
const JOB_BYTES_MAX: u32 = 64 * 1024;

/// What the child is to do. The file's bytes follow the frame.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Job {
    #[n(0)]
    pub(super) file_name: String,
    #[n(1)]
    pub(super) limits: ParseLimits,
    #[n(2)]
    pub(super) memory_bytes_max: u64,
    #[n(3)]
    pub(super) cpu_seconds_max: u32,
    /// Bytes of the file.
    #[n(4)]
    pub(super) bytes: u64,
}

pub(super) fn write_job(to: &mut impl Write, job: &Job) -> std::io::Result<()> {
    write_frame(to, &encoded(job)?)
}

pub(super) fn read_job(from: &mut impl Read) -> std::io::Result<Job> {
    let body = read_frame(from, JOB_BYTES_MAX)?;
    minicbor::decode(&body).map_err(|error| Error::new(ErrorKind::InvalidData, error))
}

pub(super) fn write_outcome(
    to: &mut impl Write,
    outcome: &Result<Parsed, ParseError>,
) -> std::io::Result<()> {
    write_frame(to, &encoded(outcome)?)?;
    to.flush()
}

/// The outcome in what a child wrote; `None` where it is not one whole frame.
pub(super) fn outcome_of(written: &[u8]) -> Option<Result<Parsed, ParseError>> {
    let (length, body) = written.split_first_chunk::<4>()?;
    if u32::from_be_bytes(*length) as usize != body.len() {
        return None;
    }
    minicbor::decode(body).ok()
}

fn encoded(value: &impl Encode<()>) -> std::io::Result<Vec<u8>> {
    minicbor::to_vec(value).map_err(|error| Error::other(error.to_string()))
}

fn write_frame(to: &mut impl Write, body: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(body.len()).map_err(|_| Error::from(ErrorKind::FileTooLarge))?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(body)
}

fn read_frame(from: &mut impl Read, bytes_max: u32) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > bytes_max {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{Heading, Kind, Layout, Span, Table};

    #[test]
    fn outcomes_and_jobs_round_trip() {
        let mut parsed = Parsed::plain(Kind::Csv, "a,b\n1,2\n".to_owned());
        parsed.headings.push(Heading { level: 1, text: "a, b".to_owned(), start: 0, end: 3 });
        let columns = vec!["a".to_owned(), "b".to_owned()];
        parsed.table = Some(Table { columns, layout: Layout::Separated(b','), rows: vec![Span::new(4, 7)] });
        for outcome in [Ok(parsed), Err(ParseError::Encrypted), Err(ParseError::corrupt("x"))] {
            let mut written = Vec::new();
            write_outcome(&mut written, &outcome).unwrap();
            assert_eq!(outcome_of(&written), Some(outcome));
            assert_eq!(outcome_of(&written[..written.len() - 1]), None);
        }
        let limits = ParseLimits::default();
        let job =
            Job { file_name: "ü".to_owned(), limits, memory_bytes_max: 1, cpu_seconds_max: 2, bytes: 3 };
        let mut written = Vec::new();
        write_job(&mut written, &job).unwrap();
        assert_eq!(read_job(&mut written.as_slice()).unwrap(), job);
    }

    #[test]
    fn a_frame_that_claims_too_much_is_refused() {
        assert!(read_job(&mut [0xff, 0xff, 0xff, 0xff, 0].as_slice()).is_err());
        assert_eq!(outcome_of(&[]), None);
        assert_eq!(outcome_of(&[0, 0, 0, 1, 0xff]), None);
    }
}
