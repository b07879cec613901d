"""The making of the detector, which finds written digits in pictures of any size."""
