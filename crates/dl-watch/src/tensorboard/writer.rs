//! Writes event files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use dl_core::text::{shown, shown_path};
use dl_viz::Number;
use prost::Message;

use super::histogram::histogram;
use super::proto::{
    Content, DT_STRING, Event, ImageProto, PluginData, SESSION_START, SessionLog, Summary,
    SummaryMetadata, TensorProto, TensorShape, Value, What,
};
use super::records::write_record;
use crate::Image;

/// Why an event could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The directory or the file could not be written.
    #[error("{}: {source}", shown_path(path))]
    Io {
        /// The directory or the file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A value without a name.
    #[error("the tag is empty; a value needs a name such as `loss`")]
    Tag,
    /// A step that exceeds the format's range.
    #[error("{}: step {step} is above {}", shown(tag), i64::MAX)]
    Step {
        /// The value's tag.
        tag: String,
        /// The step.
        step: u64,
    },
    /// An image whose size exceeds the format's range.
    #[error(
        "{}: an image of {width} × {height} pixels is wider or taller than {}",
        shown(tag),
        i32::MAX
    )]
    Size {
        /// The image's tag.
        tag: String,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
}

/// Writes an event file for TensorBoard: scalars, histograms, images and text by tag and step.
///
/// Each value has the wall-clock time at which it was written. A tag such as `weights/dense_1.kernel` is shown in
/// the group `weights`. A directory is a run; TensorBoard draws the same tag of several runs in one chart.
///
/// Values are buffered: [`flush`](Self::flush) writes them out and reports errors such as a full disk. Dropping the
/// writer flushes, too, but cannot report errors.
///
/// ```
/// use dl_watch::tensorboard::EventWriter;
///
/// let runs = tempfile::tempdir()?;
/// let mut events = EventWriter::create(runs.path().join("first"))?;
/// for step in 0..100 {
///     events.scalar("loss", step, 1.0 / (1.0 + step as f64))?;
/// }
/// events.flush()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    /// A file that TensorBoard reads before this one, and after all earlier ones.
    before: PathBuf,
    out: BufWriter<File>,
}

/// The part of the file name by which TensorBoard recognises event files.
const MARK: &str = "tfevents";
/// The extension of files written by the callback [`TensorBoard`](super::TensorBoard).
const OF_FIT: &str = "fit";

impl EventWriter {
    /// Creates an event file in this directory, which is created if it does not exist. Existing files are kept;
    /// TensorBoard reads them as the same run.
    ///
    /// # Errors
    /// [`EventError::Io`] with the path that cannot be written.
    pub fn create(dir: impl AsRef<Path>) -> Result<Self, EventError> {
        Self::create_in(dir.as_ref(), "")
    }

    /// The writer for a `fit`, whose files are recognised by their names.
    pub(super) fn create_for_fit(dir: &Path) -> Result<Self, EventError> {
        Self::create_in(dir, &format!(".{OF_FIT}"))
    }

    fn create_in(dir: &Path, ending: &str) -> Result<Self, EventError> {
        fs::create_dir_all(dir).map_err(io_error(dir))?;
        let seconds = wall_time() as u64;
        let mut number = 1;
        loop {
            // TensorBoard reads the files in the order of their names
            let name =
                |number: usize| format!("events.out.{MARK}.{seconds:010}.dl-watch.{number:06}");
            let path = dir.join(name(number) + ending);
            match create_new(&path) {
                Ok(file) => {
                    let before = dir.join(name(number - 1) + ".start");
                    return Self::start(path, before, file);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(io_error(&path)(error)),
            }
        }
    }

    /// Writes the first event of every file.
    pub(super) fn start(path: PathBuf, before: PathBuf, file: File) -> Result<Self, EventError> {
        let out = BufWriter::new(file);
        let mut writer = Self { path, before, out };
        writer.event(0, What::FileVersion("brain.Event:2".to_owned()))?;
        Ok(writer)
    }

    /// The event file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a scalar, in single precision, as the format requires.
    ///
    /// # Errors
    /// [`EventError`] if the tag is empty, the step too large or the file not writable.
    pub fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<(), EventError> {
        self.value(tag, step, Content::SimpleValue(value as f32), None)
    }

    /// Writes a histogram of values, for example of a layer's weights. NaN and infinite values are ignored.
    ///
    /// # Errors
    /// Same as [`scalar`](Self::scalar).
    pub fn histogram<T: Number>(
        &mut self,
        tag: &str,
        step: u64,
        values: impl IntoIterator<Item = T, IntoIter: Clone>,
    ) -> Result<(), EventError> {
        let values = values.into_iter().map(Number::to_f64);
        let content = Content::Histogram(histogram(values));
        self.value(tag, step, content, None)
    }

    /// Writes an image.
    ///
    /// # Errors
    /// Same as [`scalar`](Self::scalar); [`EventError::Size`] if a side has more than 2³¹ − 1 pixels.
    pub fn image(&mut self, tag: &str, step: u64, image: &Image) -> Result<(), EventError> {
        let (width, height) = image.size();
        let side = |length| {
            i32::try_from(length).map_err(|_| EventError::Size {
                tag: tag.to_owned(),
                width,
                height,
            })
        };
        let content = Content::Image(ImageProto {
            height: side(height)?,
            width: side(width)?,
            encoded: image.png().to_vec(),
        });
        self.value(tag, step, content, None)
    }

    /// Writes text in Markdown, for example the configuration of a run.
    ///
    /// # Errors
    /// Same as [`scalar`](Self::scalar).
    pub fn text(&mut self, tag: &str, step: u64, markdown: &str) -> Result<(), EventError> {
        let content = Content::Tensor(TensorProto {
            dtype: DT_STRING,
            shape: Some(TensorShape {}),
            string_val: vec![markdown.as_bytes().to_vec()],
        });
        self.value(tag, step, content, Some("text"))
    }

    /// Marks that the run resumes from `step` after an interruption: TensorBoard discards what was written earlier
    /// for this step and later ones, by this writer or in other files of the run. It corresponds to PyTorch's
    /// `purge_step`, a `SessionLog` of status `START`.
    ///
    /// # Errors
    /// [`EventError`] if the step is too large or the file not writable.
    pub fn purge_from(&mut self, step: u64) -> Result<(), EventError> {
        let number = i64::try_from(step).map_err(|_| EventError::Step {
            tag: "purge".to_owned(),
            step,
        })?;
        // twice, since TensorBoard takes the first of a run for its start
        for _ in 0..2 {
            let status = SESSION_START;
            self.event(number, What::SessionLog(SessionLog { status }))?;
        }
        Ok(())
    }

    /// Like [`purge_from`](Self::purge_from), but keeps what this writer has written.
    pub(super) fn purge_from_before(&self, step: u64) -> Result<(), EventError> {
        let path = self.before.clone();
        let file = create_new(&path).map_err(io_error(&path))?;
        let mut start = Self::start(path.clone(), path, file)?;
        start.purge_from(step)?;
        start.flush()
    }

    /// Writes out the buffer, so that TensorBoard sees all values.
    ///
    /// # Errors
    /// [`EventError::Io`] if the file is not writable.
    pub fn flush(&mut self) -> Result<(), EventError> {
        let flushed = self.out.flush();
        self.done(flushed)
    }

    fn value(
        &mut self,
        tag: &str,
        step: u64,
        content: Content,
        plugin: Option<&str>,
    ) -> Result<(), EventError> {
        if tag.is_empty() {
            return Err(EventError::Tag);
        }
        let number = i64::try_from(step).map_err(|_| EventError::Step {
            tag: tag.to_owned(),
            step,
        })?;
        let value = Value {
            tag: tag.to_owned(),
            content: Some(content),
            metadata: plugin.map(|name| SummaryMetadata {
                plugin_data: Some(PluginData {
                    plugin_name: name.to_owned(),
                }),
            }),
        };
        self.event(number, What::Summary(Summary { value: vec![value] }))
    }

    fn event(&mut self, step: i64, what: What) -> Result<(), EventError> {
        let event = Event {
            wall_time: wall_time(),
            step,
            what: Some(what),
        };
        let written = write_record(&mut self.out, &event.encode_to_vec());
        self.done(written)
    }

    fn done(&self, result: io::Result<()>) -> Result<(), EventError> {
        result.map_err(|source| EventError::Io {
            path: self.path.clone(),
            source,
        })
    }
}

fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> EventError {
    move |source| EventError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Whether a `fit` has written to this directory.
pub(super) fn has_fit(dir: &Path) -> bool {
    let ending = format!(".{OF_FIT}");
    let names = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| name.contains(MARK) && name.ends_with(&ending))
}

/// Seconds since 1970 by the system's clock; 0 if it is set to an earlier time.
fn wall_time() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |duration| duration.as_secs_f64())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::records::tests::read_records;
    use super::*;
    use ndarray::{Array3, arr1};

    /// The events of a file.
    fn events(path: &Path) -> Vec<Event> {
        let records = read_records(&fs::read(path).unwrap()).unwrap();
        let event = |record: Vec<u8>| Event::decode(record.as_slice()).unwrap();
        records.into_iter().map(event).collect()
    }

    /// The steps from which values are discarded.
    pub(in crate::tensorboard) fn purges(path: &Path) -> Vec<i64> {
        let status = SESSION_START;
        let start = Some(What::SessionLog(SessionLog { status }));
        let starts = events(path).into_iter().filter(|event| event.what == start);
        starts.map(|event| event.step).collect()
    }

    /// Step, tag and content of every value.
    fn values(path: &Path) -> Vec<(i64, String, Content)> {
        let value = |event: Event| match event.what {
            Some(What::Summary(mut summary)) => {
                let value = summary.value.remove(0);
                Some((event.step, value.tag, value.content.unwrap()))
            }
            _ => None,
        };
        events(path).into_iter().filter_map(value).collect()
    }

    #[test]
    fn values_survive_a_round_trip() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = EventWriter::create(dir.path().join("a/b")).unwrap();
        let image = Image::new(&Array3::<f32>::zeros((2, 3, 1))).unwrap();
        writer.scalar("loss", 0, 0.0).unwrap();
        writer.scalar("loss", 1, 0.1).unwrap();
        writer
            .histogram("weights/w", 2, &arr1(&[1.0f32, 3.0]))
            .unwrap();
        writer.image("digit", 3, &image).unwrap();
        writer.text("configuration", 4, "**seed** 7").unwrap();
        writer.flush().unwrap();

        let first = &events(writer.path())[0];
        assert_eq!(first.what, Some(What::FileVersion("brain.Event:2".into())));
        assert!(first.wall_time > 1.7e9);
        let values = values(writer.path());
        let tags: Vec<_> = values
            .iter()
            .map(|(step, tag, _)| (*step, tag.as_str()))
            .collect();
        let expected = [
            (0, "loss"),
            (1, "loss"),
            (2, "weights/w"),
            (3, "digit"),
            (4, "configuration"),
        ];
        assert_eq!(tags, expected);
        assert_eq!(values[0].2, Content::SimpleValue(0.0));
        assert_eq!(values[1].2, Content::SimpleValue(0.1));
        assert!(matches!(&values[2].2, Content::Histogram(h) if h.num == 2.0 && h.sum == 4.0));
        assert!(
            matches!(&values[3].2, Content::Image(i) if (i.width, i.height) == (3, 2) && i.encoded == image.png())
        );
        assert!(matches!(&values[4].2, Content::Tensor(t) if t.string_val == [b"**seed** 7"]));
    }

    #[test]
    fn two_writers_of_one_directory_have_two_files() {
        let dir = tempfile::tempdir().unwrap();
        let [first, second] = [(); 2].map(|()| EventWriter::create(dir.path()).unwrap());
        assert_ne!(first.path(), second.path());
        // TensorBoard reads them in the order of their names
        let many: Vec<_> = (0..12)
            .map(|_| EventWriter::create(dir.path()).unwrap())
            .collect();
        assert!(many.windows(2).all(|pair| pair[0].path() < pair[1].path()));
    }

    #[test]
    fn invalid_values_are_rejected() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = EventWriter::create(dir.path()).unwrap();
        assert!(matches!(writer.scalar("", 0, 1.0), Err(EventError::Tag)));
        let error = writer
            .scalar("loss", u64::MAX, 1.0)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("loss: step 18446744073709551615 is above"),
            "{error}"
        );

        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = EventWriter::create(file.join("run")).unwrap_err();
        assert!(
            matches!(&error, EventError::Io { path, .. } if path.starts_with(&file)),
            "{error}"
        );
    }
}
