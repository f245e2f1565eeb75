"""Image processing that extensions share. NumPy and Pillow are all it uses; modules are imported when they are needed.

arrays    pictures as arrays and back, sizes
edges     Canny, lines, soft edges
straight  straight lines
regions   connected regions, holes, growing
likeness  which pixels look like those of one part rather than those of another
matte     what is in front and what behind
objects   things grown from points, and boxes found by words
scenery   what the parts of a picture are
depth     a plausible depth, and its normals
poses     a stick figure where the subject is, and drawings of given keypoints
faces     where a face is taken to be, and one face put over another
grade     contrast and saturation
video     pictures as GIF, WebP, MP4 and WebM
"""
