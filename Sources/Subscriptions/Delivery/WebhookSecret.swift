import Crypto
import Foundation

/// What a webhook's messages are signed with: `whsec_` and 32 random bytes in base64, as Standard Webhooks has it.
package struct WebhookSecret: Codable, Equatable, Sendable, CustomStringConvertible {
    private static let prefix = "whsec_"
    private let text: String

    package static func random() -> WebhookSecret {
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        return WebhookSecret(text: prefix + key.base64EncodedString())
    }

    private init(text: String) { self.text = text }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// As the receiver is to be given it.
    package var description: String { text }

    /// `v1,…`: HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks, "Symmetric signature").
    func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let key = SymmetricKey(data: Data(base64Encoded: String(text.dropFirst(Self.prefix.count))) ?? Data())
        let signed = Array("\(id).\(timestamp).".utf8) + body
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: key)
        return "v1," + Data(code).base64EncodedString()
    }
}
