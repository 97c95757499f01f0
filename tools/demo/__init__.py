"""The three flows that must always work, driven through the edge as people drive them."""
