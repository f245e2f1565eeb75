"""Image processing that extensions share. NumPy and Pillow are all it uses; modules are imported when they are needed.

arrays    pictures as arrays and back, sizes
edges     Canny, lines, soft edges
regions   connected regions, holes, growing, quantised colours
matte     what is in front and what behind
depth     a plausible depth, and its normals
poses     a stick figure where the subject is, and drawings of given keypoints
faces     where a face is taken to be, and one face put over another
grade     contrast and saturation
video     pictures as GIF, WebP, MP4 and WebM
"""
