/// What is not as it was promised.
package struct Doubt: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
