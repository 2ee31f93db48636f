import ArgumentParser

@main
struct Measure: ParsableCommand {
    func run() {}
}
