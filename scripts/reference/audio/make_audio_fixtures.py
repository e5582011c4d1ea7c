"""Writes the numbers and files that the tests of packages/audio compare with. Run by maintainers only.

    python scripts/reference/audio/make_audio_fixtures.py packages/audio/src/__fixtures__

Used: Python 3.11, numpy 2.4.6, soxr 1.1.0 and soundfile 0.14.0 with libsndfile 1.2.2.

resample_<from>_<to>.f32: 0.2 s of `tones`, resampled by soxr (VHQ), float32, little-endian. The tests make the input by the
same formula. soxr's output must equal the formula at the new rate to 70 dB, or this program stops.
decoded_<name>.f32: what soundfile reads of <name> as float32, channels averaged in double precision; of Opus at 48 kHz, to which
end the copy that it reads claims 48 kHz in its header. noise-*.wav and noise-*.flac: 0.02 s of noise with the largest and the
smallest integer in it; their decoded numbers are exact, so one file a sample size. ima-adpcm-*.wav and ms-adpcm-*.wav: 1,100 samples
of that noise in one or two channels, a little more than a block.
tone.<ext>: 0.5 s of `tones` at 16 kHz (Opus decodes to 48 kHz), half as loud, by libsndfile. stereo.flac: `tones` left, silence right.
stereo.ogg and stereo.opus: 0.1 s of it left, another piece of it right.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

RATES = [(48_000, 16_000), (44_100, 16_000), (22_050, 16_000), (8_000, 16_000), (96_000, 16_000), (16_000, 24_000)]
FREQUENCIES = [100, 173, 440, 997, 1_871, 3_163, 4_519, 5_701, 6_491, 7_000]


def tones(rate, seconds, highest):
    """Ten tones of equal loudness up to `highest` Hz under a raised cosine, so that nothing begins or ends sharply."""
    n = round(rate * seconds)
    t = np.arange(n) / rate
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    used = [f for f in FREQUENCIES if f <= highest]
    return window * sum(np.sin(2 * np.pi * f * t + k) for k, f in enumerate(used)) / len(used)


def decibels(x, reference):
    return 10 * np.log10(np.sum(reference**2) / np.sum((x - reference) ** 2))


SUBTYPES = {
    "wav": ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW"],
    "flac": ["PCM_S8", "PCM_16", "PCM_24"],
}


def write_noise(out):
    noise = np.random.default_rng(5).integers(-(2**31), 2**31, (320, 2), dtype=np.int64)
    noise[:2] = [[-(2**31), 2**31 - 1], [2**31 - 1, -(2**31)]]
    for extension, subtypes in SUBTYPES.items():
        for subtype in subtypes:
            path = out / f"noise-{subtype.lower().replace('_', '-')}.{extension}"
            is_float = subtype in ("FLOAT", "DOUBLE")
            soundfile.write(path, noise / 2.0**31 if is_float else noise.astype(np.int32), 16_000, subtype=subtype)
            write_decoded(path, path)
    soundfile.write(out / "noise-rf64.wav", noise.astype(np.int32), 16_000, format="RF64", subtype="PCM_16")
    write_decoded(out / "noise-rf64.wav", out / "noise-rf64.wav")
    for subtype in ["IMA_ADPCM", "MS_ADPCM"]:
        for channels in [1, 2]:
            path = out / f"{subtype.lower().replace('_', '-')}-{channels}.wav"
            soundfile.write(path, np.resize(noise, (1_100, channels)).astype(np.int32), 16_000, subtype=subtype)
            write_decoded(path, path)


def write_predicted(out):
    """Flac in other ways than those of the other files; their own MD5 says whether they are decoded to what they were made of."""
    tone = np.rint(20_000 * np.sin(np.arange(4_096) / 20)).astype(int)
    noise = np.random.default_rng(6).integers(-8, 8, 4_096)
    # The left channel and the difference, the right one and the difference, their mean and the difference.
    pairs = [(tone, tone - noise), (tone + noise, tone), (tone + noise, tone - noise)]
    stereo = np.concatenate([np.stack(pair, 1) for pair in pairs]).astype(np.int16)
    soundfile.write(out / "joint.flac", stereo, 16_000, subtype="PCM_16", compression_level=1)
    soundfile.write(out / "fixed.flac", stereo[:1_200, 0], 16_000, subtype="PCM_16", compression_level=0)
    soundfile.write(out / "wasted-bits.flac", 256 * (stereo[:1_200, 0] // 256), 16_000, subtype="PCM_16")


def write_decoded(path, name):
    decoded, _ = soundfile.read(path, dtype="float32", always_2d=True)
    decoded.astype(np.float64).mean(1).astype("<f4").tofile(name.with_name(f"decoded_{name.name}.f32"))


def at_48_khz(path):
    """The Opus file at the path with 48 kHz as its original rate, at which libsndfile decodes; the page's checksum made right again."""
    data = bytearray(path.read_bytes())
    start = data.index(b"OpusHead")
    data[start + 12 : start + 16] = (48_000).to_bytes(4, "little")
    end = 27 + data[26] + sum(data[27 : 27 + data[26]])
    data[22:26] = bytes(4)
    crc = 0
    for byte in data[:end]:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    data[22:26] = crc.to_bytes(4, "little")
    return bytes(data)


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    print("numpy", np.__version__, "soxr", soxr.__version__, "soundfile", soundfile.__version__, soundfile.__libsndfile_version__)
    for rate, target in RATES:
        highest = 7_000 if rate >= 16_000 else 3_500
        x = tones(rate, 0.2, highest)
        y = soxr.resample(x, rate, target, "VHQ")
        exact = decibels(y, tones(target, 0.2, highest))
        print(f"{rate} -> {target}: {len(x)} -> {len(y)} samples, {exact:.1f} dB from the formula")
        if exact < 70:
            raise SystemExit("soxr's output is not what it should be")
        y.astype("<f4").tofile(out / f"resample_{rate}_{target}.f32")

    tone = tones(16_000, 0.5, 7_000) / 2
    soundfile.write(out / "tone.flac", tone, 16_000, subtype="PCM_16")
    soundfile.write(out / "stereo.flac", np.stack([tone, 0 * tone], 1), 16_000, subtype="PCM_24")
    soundfile.write(out / "tone.mp3", tone, 16_000, format="MP3", subtype="MPEG_LAYER_III", compression_level=0.1)
    soundfile.write(out / "tone.ogg", tone, 16_000, format="OGG", subtype="VORBIS", compression_level=0.1)
    soundfile.write(out / "tone.opus", tone, 16_000, format="OGG", subtype="OPUS", compression_level=0.1)
    both = np.stack([tone, tone[::-1] / 2], 1)[3_200:4_800]
    soundfile.write(out / "stereo.ogg", both, 16_000, format="OGG", subtype="VORBIS", compression_level=0.1)
    soundfile.write(out / "stereo.opus", both, 16_000, format="OGG", subtype="OPUS", compression_level=0.1)
    write_noise(out)
    write_predicted(out)
    for name in ["tone.mp3", "tone.ogg", "stereo.ogg"]:
        write_decoded(out / name, out / name)
    for name in ["tone.opus", "stereo.opus"]:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / name
            copy.write_bytes(at_48_khz(out / name))
            write_decoded(copy, out / name)


if __name__ == "__main__":
    main()
