//! A data set as a folder of PNG files.

use std::error::Error;
use std::fs;
use std::path::Path;

use dl_data::ImageDataset;
use ndarray::Axis;
use rayon::prelude::*;

/// Writes each image to `FOLDER/CLASS/NUMBER.png`. A folder that exists is left as it is: it is there as a whole or not
/// at all.
///
/// # Errors
/// A file or folder that cannot be written.
pub fn write_png_folder(
    data: &ImageDataset<f32>,
    folder: &Path,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    if folder.exists() {
        return Ok(());
    }
    let partial = folder.with_extension("partial");
    for name in data.class_names() {
        fs::create_dir_all(partial.join(name))?;
    }
    let images = data.images().axis_iter(Axis(0)).into_par_iter();
    images.zip(0..data.len()).try_for_each(|(image, number)| {
        let name = &data.class_names()[data.labels()[number]];
        let (height, width, channels) = image.dim();
        let pixels: Vec<u8> = image.iter().map(|v| (v * 255.0).round() as u8).collect();
        let mut file = Vec::new();
        let mut png = png::Encoder::new(&mut file, width as u32, height as u32);
        png.set_color(match channels {
            1 => png::ColorType::Grayscale,
            _ => png::ColorType::Rgb,
        });
        png.write_header()?.write_image_data(&pixels)?;
        fs::write(partial.join(name).join(format!("{number:05}.png")), file)?;
        Ok::<_, Box<dyn Error + Send + Sync>>(())
    })?;
    fs::rename(partial, folder)?;
    Ok(())
}
