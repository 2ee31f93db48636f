import Foundation
package import Hummingbird

extension RequestContext {
    /// A part of the path by its name, percent-decoded: the router hands it out as it came.
    ///
    /// - Throws: `Problem` 400 for what decodes to no text.
    package func part(_ name: String) throws -> String {
        let raw = try parameters.require(name)
        guard let text = raw.removingPercentEncoding else {
            throw Problem.badRequest("invalid_path", "\"\(raw)\" is not percent-encoded UTF-8.")
        }
        return text
    }
}
