"""Writes small videos and sound in forms that are converted, by ffmpeg, for the tests of what reads their heads and takes their sound out.

    python scripts/reference/datasets/make_video_fixtures.py packages/datasets/src/__fixtures__/videos

Needs ffmpeg; 5.1.9 was used. Each is 0.25 s: a black picture of 16 by 16, and at 16 kHz a tone in a form that loses nothing, so that any
ffmpeg takes 4,000 samples out of it, but for aac, wma, webm and flv.
"""

import subprocess
import sys
from pathlib import Path

TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000:duration=0.25"]
PICTURE = ["-f", "lavfi", "-i", "color=black:size=16x16:rate=8:duration=0.25"]
SAME = ["-bitexact", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
MPEG4 = ["-c:v", "mpeg4"]

FILES = {
    "sound.mp4": [*PICTURE, *TONE, *MPEG4, "-c:a", "alac"],
    "aac.mp4": [*PICTURE, *TONE, *MPEG4, "-c:a", "aac", "-movflags", "+faststart"],
    "no-sound.mp4": [*PICTURE, *MPEG4],
    "sound.mov": [*PICTURE, *TONE, *MPEG4, "-c:a", "pcm_s16le"],
    "sound.m4a": [*TONE, "-c:a", "alac", "-f", "ipod"],
    "sound.mkv": [*PICTURE, *TONE, *MPEG4, "-c:a", "flac"],
    "streamed.mkv": [*PICTURE, *TONE, *MPEG4, "-c:a", "flac", "-live", "1"],
    "no-sound.mkv": [*PICTURE, *MPEG4],
    "sound.webm": [*PICTURE, *TONE, "-c:v", "vp8", "-c:a", "libopus"],
    "sound.avi": [*PICTURE, *TONE, *MPEG4, "-c:a", "pcm_s16le"],
    "no-sound.avi": [*PICTURE, *MPEG4],
    "sound.flv": [*PICTURE, *TONE, "-c:v", "flv", "-ar", "44100", "-c:a", "pcm_s16le"],
    "no-sound.flv": [*PICTURE, "-c:v", "flv"],
    "sound.3gp": [*PICTURE, *TONE, "-c:v", "mpeg4", "-c:a", "aac"],
    "sound.aiff": [*TONE, "-c:a", "pcm_s16be"],
    "sound.aac": [*TONE, "-c:a", "aac", "-f", "adts"],
    "sound.wma": [*TONE, "-c:a", "wmav2", "-f", "asf"],
}

folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
for name, options in FILES.items():
    subprocess.run(["ffmpeg", "-v", "error", "-y", *options, *SAME, str(folder / name)], check=True)
