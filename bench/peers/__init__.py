"""What our work is raced against: the same work as a good team would write it from the usual parts."""
