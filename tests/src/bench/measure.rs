//! Owns what a measure is: samples, the limit they are compared with, and how both are printed.
//! Must not know what is measured. Next: the suites beside it.

use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What a benchmark gives, or why it couldn't be taken.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A failure of the command line's own kind, as one of a benchmark.
pub(super) fn told(failure: api::failure::Failure) -> Box<dyn std::error::Error + Send + Sync> {
    format!("{}: {}", failure.code, failure.message).into()
}

/// The moment to measure from.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub fn now() -> Instant {
    Instant::now()
}

/// How long some work took, and what it gave.
///
/// # Errors
/// Those of the work.
pub fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(Duration, T)> {
    let began = now();
    let done = work()?;
    Ok((began.elapsed(), done))
}

/// So many a second.
///
/// # Errors
/// When there are more than 2^32.
pub fn per_second(count: usize, elapsed: Duration) -> Outcome<f64> {
    Ok(f64::from(u32::try_from(count)?) / elapsed.as_secs_f64())
}

/// Bytes in MiB.
///
/// # Errors
/// Beyond 4 TiB.
pub fn mebibytes(bytes: u64) -> Outcome<f64> {
    Ok(f64::from(u32::try_from(bytes / 1024)?) / 1024.0)
}

/// A value of this process's `/proc/self/status` in bytes, such as `VmHWM` (most memory ever
/// resident) or `VmRSS` (resident now).
///
/// # Errors
/// On systems without that file.
pub fn own_memory(name: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("memory is read from /proc/self/status, which Linux has: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes: u64 = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no such value")?.parse()?;
    Ok(kibibytes * 1024)
}

/// Time that all cores together spent on this process, in seconds, from `/proc/self/stat`. It counts in
/// hundredths, as Linux tells every program (proc(5), `USER_HZ`).
///
/// # Errors
/// On systems without that file.
pub fn cpu_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")
        .map_err(|error| format!("time of cores is read from /proc/self/stat, which Linux has: {error}"))?;
    // The name of the program stands in parentheses and may hold anything; two fields after it is the third.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let [user, system] = [11, 12].map(|place| fields.get(place).and_then(|text| text.parse::<u32>().ok()));
    let (user, system) = user.zip(system).ok_or("no such value")?;
    Ok((f64::from(user) + f64::from(system)) / 100.0)
}

/// Work timed twice: how long it took, and how long the cores worked on it, in seconds.
///
/// # Errors
/// Those of the work.
pub fn timed_on_cores<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(Duration, f64, T)> {
    let before = cpu_seconds()?;
    let (elapsed, done) = timed(work)?;
    Ok((elapsed, (cpu_seconds()? - before).max(0.01), done))
}

/// The number that a process of its own prints, which the measure `suite` starts on these places.
///
/// # Errors
/// When that process fails.
pub fn of_process(suite: &str, places: &[&str]) -> Outcome<u64> {
    let output = std::process::Command::new(std::env::current_exe()?).arg(suite).args(places).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// A path as text.
///
/// # Errors
/// When it isn't UTF-8.
pub fn text(path: &std::path::Path) -> Outcome<&str> {
    Ok(path.to_str().ok_or("a temporary folder has a name that isn't UTF-8")?)
}

/// Repeated measures of one thing.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds one.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds those of others.
    pub fn append(&mut self, others: &Self) {
        self.0.extend(&others.0);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    /// The value below which this share of them lies, in hundredths; zero when there is none.
    pub fn percentile(&self, hundredths: usize) -> f64 {
        let sorted = self.sorted();
        let at = sorted.len().saturating_sub(1) * hundredths / 100;
        sorted.get(at).copied().unwrap_or_default()
    }

    /// The middle one, or the mean of the two in the middle.
    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
        sorted.get(low).zip(sorted.get(high)).map_or(0.0, |(low, high)| f64::midpoint(*low, *high))
    }

    fn line(&self, suite: &str, metric: &str, unit: &str, limit: Option<(&str, &Self)>) -> Value {
        let ratio = limit.map(|(_, limit)| rounded(self.median() / limit.median()));
        json!({
            "suite": suite, "metric": metric, "unit": unit, "n": self.0.len(),
            "median": rounded(self.median()), "min": rounded(self.percentile(0)), "max": rounded(self.percentile(100)),
            "limit": limit.map(|(name, _)| name), "ratio": ratio,
        })
    }
}

/// Three decimals, which is more than any of these measures is good for.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// The measures of a run: JSON lines as they come, or one table at the end.
#[derive(Debug)]
pub struct Report {
    json: bool,
    lines: Vec<Value>,
}

const COLUMNS: [&str; 9] = ["suite", "metric", "unit", "n", "median", "min", "max", "ratio", "limit"];

impl Report {
    /// An empty one.
    pub fn new(json: bool) -> Self {
        Self { json, lines: Vec::new() }
    }

    /// Adds a measure. `limit` names what it is compared with: `ratio` is its median over the limit's.
    pub fn add(&mut self, suite: &str, metric: &str, unit: &str, samples: &Samples, limit: Option<(&str, &Samples)>) {
        let line = samples.line(suite, metric, unit, limit);
        if self.json {
            println!("{line}");
        } else {
            self.lines.push(line);
        }
    }

    /// Prints the table, if one was asked for.
    pub fn finish(self) {
        if self.json {
            return;
        }
        let cell = |line: &Value, column: &str| match line.get(column) {
            None | Some(Value::Null) => "-".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        let mut rows = vec![COLUMNS.map(str::to_owned)];
        rows.extend(self.lines.iter().map(|line| COLUMNS.map(|column| cell(line, column))));
        let mut widths = [0; COLUMNS.len()];
        for (width, text) in rows.iter().flat_map(|row| widths_of(row)) {
            if let Some(widest) = widths.get_mut(width) {
                *widest = text.max(*widest);
            }
        }
        for row in &rows {
            let cells: Vec<_> = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}")).collect();
            println!("{}", cells.join("  ").trim_end());
        }
    }
}

fn widths_of(row: &[String]) -> impl Iterator<Item = (usize, usize)> {
    row.iter().map(|text| text.chars().count()).enumerate()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[f64]) -> Samples {
        Samples(values.to_vec())
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((samples(&[9.0, 1.0, 2.0]).median() - 2.0).abs() < f64::EPSILON);
        assert!((samples(&[4.0, 1.0, 2.0, 9.0]).median() - 3.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_line_says_how_far_from_the_limit_it_is() {
        let line = samples(&[5.0, 1.0, 3.0]).line("s", "m", "u/s", Some(("wire", &samples(&[6.0]))));
        let expected = json!({ "suite": "s", "metric": "m", "unit": "u/s", "n": 3,
            "median": 3.0, "min": 1.0, "max": 5.0, "limit": "wire", "ratio": 0.5 });
        assert_eq!(line, expected);
        let alone = samples(&[1.0]).line("s", "m", "u", None);
        assert_eq!((&alone["limit"], &alone["ratio"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn one_in_a_hundred_is_slower_than_the_99th_percentile() {
        let mut hundred = Samples::default();
        for value in 0..101_u32 {
            hundred.push(f64::from(value));
        }
        assert!((hundred.percentile(99) - 99.0).abs() < f64::EPSILON);
    }
}
