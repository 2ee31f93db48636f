import ArgumentParser
import Configuration
@main struct Daybook: ParsableCommand { }
