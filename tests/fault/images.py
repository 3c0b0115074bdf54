"""Folders made of images, and what the journal says of them (image_check.c)."""
import hashlib
import shutil
import subprocess

import drive


class Checker:
    """image_check, started anew should it die."""

    def __init__(self):
        self.process = None

    def look(self, folder):
        """The marks of the folder's book, or in words why there are none."""
        if self.process is None:
            self.process = subprocess.Popen([drive.IMAGE_CHECK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                            stderr=subprocess.DEVNULL, env=drive.environment())
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().rstrip("\n")
        if not line:
            code, self.process = self.process.wait(), None
            return f"died {code}"
        return drive.marks_of(line.split()[2:]) if line.startswith("ok ") else line

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()


def put_image(image, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, content in image.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)


def take_image(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if path.is_file() and path.name != "lock" and not path.name.endswith("-shm")}


def hash_of(image):
    digest = hashlib.sha256()
    for name in sorted(image):
        digest.update(f"{name} {len(image[name])}\n".encode() + image[name])
    return digest.digest()
