def source(specs):
    return ""
def header(specs):
    return ""
