"""Reference values for src/augment/color.rs: brightness and contrast of images in [0, 1].

    python color.py > color.json

The formulas are those of torchvision.transforms.functional.adjust_brightness and adjust_contrast for float tensors: an
image is blended with black, or with the mean of its grey image, and clipped. Made with NumPy 2.4.6.
"""

import json

import numpy as np

rng = np.random.default_rng(1)


def blend(image, other, factor):
    return np.clip(factor * image + (1 - factor) * other, 0, 1)


def grey_mean(image):
    if image.shape[-1] == 3:
        return (image @ [0.2989, 0.587, 0.114]).mean()
    return image.mean()


cases = []
for channels in [1, 2, 3]:
    image = rng.random((4, 5, channels))
    for factor in [0.0, 0.6, 1.0, 1.7]:
        cases.append(
            {
                "channels": channels,
                "factor": factor,
                "image": image.ravel().tolist(),
                "brightness": blend(image, 0, factor).ravel().tolist(),
                "contrast": blend(image, grey_mean(image), factor).ravel().tolist(),
            }
        )
print(json.dumps(cases))
